import { expect, it } from 'vitest'
import { parseCents } from './parse-cents.ts'

it.each([
  ['25', 2_500n],
  ['$ 12.5', 1_250n],
  [' 12,50 ', 1_250n],
  ['0', 0n],
  ['0.07', 7n],
  ['12.345', null],
  ['-5', null],
  ['1e3', null],
  ['', null],
  [null, null],
])('reads %j as %j cents', (typed, cents) => {
  expect(parseCents(typed)).toBe(cents)
})
