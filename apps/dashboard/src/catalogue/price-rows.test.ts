import { expect, test } from 'vitest'
import type { CatalogueModel } from '@atpar/db/catalogue'
import { filterRows, toPriceRows } from './price-rows.ts'

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
  const [row] = toPriceRows([model])
  expect(row).toMatchObject({ input: '$0.15', output: '$0.60', cacheRead: null, hasConditions: true })
})

test('every word of a search must match, in any of the names', () => {
  const rows = toPriceRows([model])
  expect(filterRows(rows, 'gpt OPENAI', '')).toHaveLength(1)
  expect(filterRows(rows, 'gpt anthropic', '')).toHaveLength(0)
})

test('a provider narrows the list', () => {
  const rows = toPriceRows([model])
  expect(filterRows(rows, '', 'openai')).toHaveLength(1)
  expect(filterRows(rows, '', 'groq')).toHaveLength(0)
})
