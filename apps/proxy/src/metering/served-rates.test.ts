import { describeCustomModels } from '@atpar/core/custom-models'
import { pusd } from '@atpar/core/money'
import type { Snapshot } from '@atpar/core/snapshot'
import { expect, test } from 'vitest'
import { findServedRates } from './served-rates.ts'

const snapshot: Snapshot = {
  version: 1,
  priceBookId: 1,
  clockOffsetMs: 0,
  models: new Map(),
  aliases: new Map(),
  offerings: new Map(),
}

const house = (inputPusd: bigint) => {
  const model = {
    name: 'llama',
    upstreamModel: 'their-llama',
    task: 'chat',
    reasoning: false,
    contextTokens: null,
    maxOutputTokens: null,
    inputPusd: pusd(inputPusd),
    outputPusd: pusd(0n),
    createdAtMs: 1,
  } as const
  const endpoints = [{ credentialId: String(inputPusd), providerId: 'custom', name: 'house', models: [model] }]
  const offering = describeCustomModels(endpoints)?.offerings.get('custom/house/llama')
  if (offering === undefined) throw new Error('an offering was expected')
  return offering
}

test('an own endpoint costs what its organization declared, whatever it calls itself, and one’s price is never another’s', () => {
  const price = (offering: ReturnType<typeof house>) =>
    findServedRates(snapshot, offering, 'something-else')?.rows[0]?.prices.input_uncached?.amountPusd
  expect([price(house(7n)), price(house(9n))]).toEqual([7n, 9n])
})
