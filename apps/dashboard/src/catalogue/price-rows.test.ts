import { expect, test } from 'vitest'
import type { CatalogueModel } from '@atpar/db/catalogue'
import { filterRows, toPriceRows } from './price-rows.ts'

const NOW = Date.parse('2026-11-23T12:00:00Z')

const model: CatalogueModel = {
  id: 'gpt-test',
  displayName: 'GPT Test',
  author: 'openai',
  reasoning: false,
  createdAtMs: 0,
  offerings: [
    {
      id: 'openai/gpt-test',
      providerId: 'openai',
      providerName: 'OpenAI',
      contextTokens: 128_000,
      sourceUrl: 'https://prices.example',
      retiresOn: null,
      successorId: null,
      rates: {
        offeringId: 'openai/gpt-test',
        priceVersionId: 'p1',
        rows: [
          {
            contextFrom: 200_000,
            serviceTier: null,
            window: null,
            prices: { input_uncached: { amountPusd: 9_000_000n, perUnits: 1n } },
          },
          {
            contextFrom: 0,
            serviceTier: null,
            window: null,
            prices: {
              input_uncached: { amountPusd: 150_000n, perUnits: 1n },
              output_text: { amountPusd: 600_000n, perUnits: 1n },
            },
          },
        ],
      },
    },
  ],
}

test('the list shows the price without conditions and says that others exist', () => {
  const [row] = toPriceRows([model], NOW)
  expect(row).toMatchObject({ input: '$0.15', output: '$0.60', cacheRead: null, hasConditions: true })
})

test('every word of a search must match, in any of the names', () => {
  const rows = toPriceRows([model], NOW)
  expect(filterRows(rows, 'gpt OPENAI', '')).toHaveLength(1)
  expect(filterRows(rows, 'gpt anthropic', '')).toHaveLength(0)
})

test('a provider narrows the list', () => {
  const rows = toPriceRows([model], NOW)
  expect(filterRows(rows, '', 'openai')).toHaveLength(1)
  expect(filterRows(rows, '', 'groq')).toHaveLength(0)
})

test('what a provider takes away says when, what for, and comes last once it is gone', () => {
  const [kept] = model.offerings
  if (kept === undefined) throw new Error('no offering')
  const gone = { ...kept, id: 'gone', retiresOn: '2026-11-23', successorId: 'gpt-next' }
  const ending = { ...kept, id: 'ending', retiresOn: '2026-11-24' }
  const rows = toPriceRows([{ ...model, offerings: [gone, ending, kept] }], NOW)
  expect(rows.map(({ offeringId, end }) => [offeringId, end])).toEqual([
    ['ending', { on: '2026-11-24', isPast: false, successorId: null }],
    ['openai/gpt-test', null],
    ['gone', { on: '2026-11-23', isPast: true, successorId: 'gpt-next' }],
  ])
})

test('the newest models come first, and what nobody sells at a known price last', () => {
  const [offering] = model.offerings
  if (offering === undefined) throw new Error('no offering')
  const named = (id: string, createdAtMs: number, rates: typeof offering.rates): CatalogueModel => ({
    ...model,
    id,
    createdAtMs,
    offerings: [{ ...offering, id, rates }],
  })
  const rows = toPriceRows(
    [named('old', 1, offering.rates), named('unpriced', 3, null), named('new', 2, offering.rates)],
    NOW,
  )
  expect(rows.map(({ modelId }) => modelId)).toEqual(['new', 'old', 'unpriced'])
})
