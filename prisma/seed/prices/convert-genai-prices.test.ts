import type { ModelInfo } from '@pydantic/genai-prices'
import { describe, expect, test } from 'vitest'
import { convertModelPrices } from './convert-genai-prices.ts'
import { usdPerMillion } from '@atpar/core/price-row'

const model = (prices: ModelInfo['prices']): ModelInfo => ({ id: 'model', match: { equals: 'model' }, prices })

const convert = (
  prices: ModelInfo['prices'],
  changes: { readonly today?: string; readonly input?: readonly string[] } = {},
): readonly string[] =>
  convertModelPrices(model(prices), {
    offeringId: 'somewhere/model',
    sourceUrl: 'https://example.test/prices',
    today: changes.today ?? '2026-11-22',
    inputModalities: changes.input ?? ['text'],
    outputModalities: ['text'],
  }).map((row) => {
    const window = row.window === null ? '' : ` ${row.window.fromMinute}-${row.window.toMinute}`
    return `${row.bucket} ${usdPerMillion(row)} ≥${row.contextFrom}${window} ${row.effectiveFrom}`
  })

test('each price key becomes its bucket', () => {
  expect(
    convert({ input_mtok: 3, cache_read_mtok: 0.3, cache_write_mtok: 3.75, cache_write_1h_mtok: 6, output_mtok: 15 }),
  ).toEqual([
    'input_uncached 3 ≥0 2026-11-22',
    'cache_read 0.3 ≥0 2026-11-22',
    'cache_write_5m 3.75 ≥0 2026-11-22',
    'cache_write_1h 6 ≥0 2026-11-22',
    'output_text 15 ≥0 2026-11-22',
  ])
})

test('a thousand requests or searches for a price is a price each', () => {
  expect(convert({ web_searches_kcount: 10, requests_kcount: 12 })).toEqual([
    'searches 10000 ≥0 2026-11-22',
    'requests 12000 ≥0 2026-11-22',
  ])
})

test('an hour of sound is 3,600 seconds and a thousand pages a thousand', () => {
  expect(convert({ audio_hours: 0.36, input_document_kpages: 4 })).toEqual([
    'seconds 100 ≥0 2026-11-22',
    'pages 4000 ≥0 2026-11-22',
  ])
})

test('a tier begins with the first token above its start, for every bucket of the model', () => {
  const tiers = [{ start: 200_000, price: 2.5 }]
  expect(convert({ input_mtok: { base: 1.25, tiers }, output_mtok: 10 })).toEqual([
    'input_uncached 1.25 ≥0 2026-11-22',
    'output_text 10 ≥0 2026-11-22',
    'input_uncached 2.5 ≥200001 2026-11-22',
    'output_text 10 ≥200001 2026-11-22',
  ])
})

describe('dated prices', () => {
  const dated: ModelInfo['prices'] = [
    { prices: { input_mtok: 10 } },
    { constraint: { type: 'start_date', start_date: '2026-08-21' }, prices: { input_mtok: 2 } },
  ]

  test('the one in force today is taken, with its own date', () => {
    expect(convert(dated)).toEqual(['input_uncached 2 ≥0 2026-08-21'])
  })

  test('one that starts tomorrow is not taken yet', () => {
    expect(convert(dated, { today: '2026-08-20' })).toEqual(['input_uncached 10 ≥0 2026-08-20'])
    expect(convert(dated, { today: '2026-08-21' })).toEqual(['input_uncached 2 ≥0 2026-08-21'])
  })
})

test('hours of the day stay conditions, in UTC minutes, over what holds the rest of the day', () => {
  expect(
    convert([
      { prices: { input_mtok: 0.14 } },
      { constraint: { type: 'start_date', start_date: '2026-08-17' }, prices: { input_mtok: 0.22 } },
      {
        constraint: { type: 'time_of_date', start_time: '01:00:00Z', end_time: '04:00:00Z' },
        prices: { input_mtok: 0.44 },
      },
    ]),
  ).toEqual(['input_uncached 0.44 ≥0 60-240 2026-11-22', 'input_uncached 0.22 ≥0 2026-08-17'])
})

test('media without a price of their own cost what the next wider unit costs, where the model takes them', () => {
  expect(convert({ input_mtok: 0.3, input_audio_mtok: 1 }, { input: ['text', 'image', 'audio'] })).toEqual([
    'input_uncached 0.3 ≥0 2026-11-22',
    'audio_in 1 ≥0 2026-11-22',
    'image_in 0.3 ≥0 2026-11-22',
  ])
})

test('a price key nobody has mapped stops the import instead of being lost', () => {
  expect(() => convert({ input_mtok: 1, smell_mtok: 3 })).toThrow('smell_mtok')
})

test('a time that is no whole minute stops the import', () => {
  expect(() =>
    convert([
      { prices: {} },
      {
        constraint: { type: 'time_of_date', start_time: '01:00:30Z', end_time: '04:00:00Z' },
        prices: { input_mtok: 1 },
      },
    ]),
  ).toThrow('01:00:30Z')
})
