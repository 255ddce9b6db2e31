import { expect, test } from 'vitest'
import { createThrottle } from './throttle.ts'

const rule = { limit: 2, windowMs: 1_000 }

test('the attempt after the limit is refused until the window ends', () => {
  let now = 0
  const throttle = createThrottle(() => now)
  expect([1, 2, 3].map(() => throttle.take('ada', rule))).toEqual([true, true, false])
  now = 999
  expect(throttle.take('ada', rule)).toBe(false)
  now = 1_000
  expect(throttle.take('ada', rule)).toBe(true)
})

test('subjects do not share a window, and success clears one', () => {
  const throttle = createThrottle(() => 0)
  for (const _ of [1, 2, 3]) throttle.take('ada', rule)
  expect(throttle.take('bob', rule)).toBe(true)
  throttle.forget('ada')
  expect(throttle.take('ada', rule)).toBe(true)
})
