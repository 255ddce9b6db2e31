import { describe, expect, it } from 'vitest'
import { createHealth } from './breakers.ts'

const setUp = () => {
  const clock = { nowMs: 1_000 }
  return { clock, health: createHealth({ monotonicMs: () => clock.nowMs }) }
}

describe('health of offerings', () => {
  it('opens after five connections that failed in a row, and lets one probe through later', () => {
    const { clock, health } = setUp()
    for (let index = 0; index < 5; index += 1)
      health.recordFailure('a', { code: 'upstream_failed', connect: true, retryAfterMs: null })
    expect(health.stateOf('a')).not.toBe('closed')
    clock.nowMs += 10_000
    expect(health.stateOf('a')).toBe('half-open')
    // The probe is taken by whoever asked.
    expect(health.stateOf('a')).toBe('open')
    expect(health.areWell([{ breakerId: 'b' }, { breakerId: 'a' }])).toBe(false)
    expect(health.areWell([{ breakerId: 'b' }])).toBe(true)
    health.recordSuccess('a')
    expect(health.stateOf('a')).toBe('closed')
    expect(health.areWell([{ breakerId: 'a' }])).toBe(true)
  })

  it('holds nothing against a provider for what the caller sent wrong', () => {
    const { health } = setUp()
    for (let index = 0; index < 50; index += 1)
      health.recordFailure('a', { code: 'upstream_rejected', connect: false, retryAfterMs: null })
    expect(health.stateOf('a')).toBe('closed')
  })

  it('stays away for as long as a 429 asks', () => {
    const { clock, health } = setUp()
    health.recordFailure('a', { code: 'upstream_rate_limited', connect: false, retryAfterMs: 3_000 })
    clock.nowMs += 2_900
    expect(health.stateOf('a')).toBe('open')
    clock.nowMs += 200
    expect(health.stateOf('a')).toBe('half-open')
  })
})
