import { pusd } from '@atpar/core/money'
import type { NewestProof } from '@atpar/db/operator-accounts'
import { expect, test } from 'vitest'
import { toMonths } from './proof-rows.ts'

const run = (orgSlug: string, proof: string, difference = 0n): NewestProof => ({
  orgSlug,
  orgName: orgSlug,
  period: '2026-11-01',
  proof,
  differencePusd: pusd(difference),
  detail: {},
  ranAtMs: 1,
})

test('what differs comes first, and one difference makes the month differ', () => {
  const months = toMonths([run('a', 'P1'), run('b', 'P1'), run('b', 'P3', -1n)])
  expect(months.map(({ orgSlug, isOff }) => [orgSlug, isOff])).toEqual([
    ['b', true],
    ['a', false],
  ])
})

test('a blocked close is no proof', () => {
  expect(toMonths([run('a', 'gate', 1n)])).toEqual([])
})
