import { parseUsd } from '@atpar/core/money'
import type { Reserved } from '@atpar/dialects/contract'
import { describe, expect, test } from 'vitest'

import { refuseReserved } from './refuse-reserved.ts'

const price = { amountPusd: parseUsd('1'), perUnits: 1_000_000n }
const ratesOf = (...prices: readonly object[]) => ({
  offeringId: 'acme/model',
  priceVersionId: 'v1',
  rows: prices.map((each) => ({ contextFrom: 0, serviceTier: null, window: null, prices: each })),
})

const account = {
  id: 'acme/model',
  funding: 'platform' as const,
  rates: ratesOf({ input_uncached: price, searches: price }),
  missing: [],
  target: { displayName: 'Acme', unmeteredFields: ['enable_search'] },
}

const stored: Reserved = { param: 'cachedContent', why: 'stored' }
const unmetered: Reserved = { param: 'tools[0].type', why: 'unmetered' }
const searches: Reserved = { param: 'tools[1].type', why: 'searches' }

describe('on an account that organizations share', () => {
  test.each([
    [stored, 'names something stored in an account at Acme'],
    [unmetered, 'could not be billed at list price'],
  ])('%o is refused by its name', (reserved, sentence) => {
    expect(refuseReserved([reserved], {}, account)).toMatchObject({
      code: 'unsupported_parameter',
      param: reserved.param,
      message: expect.stringContaining(sentence),
    })
  })

  test('a member that a provider is known to charge for without saying so is refused where it is asked for', () => {
    expect(refuseReserved(undefined, { enable_search: true }, account)?.param).toBe('enable_search')
    expect(refuseReserved(undefined, { enable_search: false }, account)).toBeNull()
  })

  test('searches need a price in every row that an ordinary request may fall under', () => {
    expect(refuseReserved([searches], {}, account)).toBeNull()
    const half = { ...account, rates: ratesOf({ searches: price }, { input_uncached: price }) }
    expect(refuseReserved([searches], {}, half)?.message).toContain('"acme/model" has no price of a search on record')
    expect(refuseReserved([searches], {}, { ...account, rates: null })?.param).toBe('tools[1].type')
  })

  test('what the offering is known not to take is left out elsewhere and refused by nobody', () => {
    const wish: Reserved = { param: 'web_search_options', why: 'unmetered' }
    expect(refuseReserved([wish], {}, account)).not.toBeNull()
    expect(refuseReserved([wish], {}, { ...account, missing: ['web_search_options'] })).toBeNull()
  })

  test('one thing that is allowed does not hide another that is not', () => {
    expect(refuseReserved([searches, stored], {}, account)?.param).toBe('cachedContent')
  })
})

test.each(['byok', 'local'] as const)('an account of the caller’s own (%s) may be asked all of it', (funding) => {
  const own = { ...account, funding, rates: null }
  expect(refuseReserved([stored, unmetered, searches], { enable_search: true }, own)).toBeNull()
})
