import { describe, expect, it } from 'vitest'
import { DAY_MS } from '@atpar/core/durations'
import { counterTtlMs, requestIdOf } from './quota-keys.ts'

describe('counterTtlMs', () => {
  it('outlives the period by 40 days, and a total for ever', () => {
    expect(counterTtlMs('2026-11-22') / DAY_MS).toBe(42)
    expect(counterTtlMs('2026-W47') / DAY_MS).toBe(48)
    expect(counterTtlMs('2026-11') / DAY_MS).toBe(72)
    expect(counterTtlMs('total')).toBe(0)
  })
})

describe('requestIdOf', () => {
  it('cuts the number of the hold off, whatever the request id looks like', () => {
    expect(requestIdOf('0199-abc:2')).toBe('0199-abc')
    expect(requestIdOf('a:b:10')).toBe('a:b')
    expect(requestIdOf('bare')).toBe('bare')
  })
})
