import { expect, test } from 'vitest'
import { describeListPrice } from './list-price.ts'

test('tokens are priced by the million, as providers publish them', () => {
  expect(describeListPrice({ bucket: 'input_uncached', amountPusd: 150_000n, perUnits: 1n })).toEqual({
    amount: '$0.15',
    per: 'a million',
  })
})

test('what is sold by the piece is priced by the piece', () => {
  expect(describeListPrice({ bucket: 'searches', amountPusd: 10_000_000_000n, perUnits: 1n })).toEqual({
    amount: '$0.01',
    per: 'a search',
  })
})

test('a price that is not whole for one piece is never rounded', () => {
  expect(describeListPrice({ bucket: 'pages', amountPusd: 10_000_000n, perUnits: 3n })).toEqual({
    amount: '$3.333333333333',
    per: 'a million',
  })
})
