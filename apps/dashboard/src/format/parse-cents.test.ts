import { expect, it } from 'vitest'
import { parseCents } from './parse-cents.ts'

it.each([
  ['25', '2500'],
  ['$ 12.5', '1250'],
  [' 12,50 ', '1250'],
  ['0', '0'],
  ['0.07', '7'],
  ['12.345', null],
  ['-5', null],
  ['1e3', null],
  ['', null],
  [null, null],
])('reads %j as %j cents', (typed, cents) => {
  expect(parseCents(typed)?.toString() ?? null).toBe(cents)
})
