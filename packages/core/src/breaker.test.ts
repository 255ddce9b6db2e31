import { describe, expect, test } from 'vitest'
import {
  afterFailure,
  afterRateLimit,
  afterSuccess,
  claimProbe,
  CLOSED_BREAKER,
  stateOf,
  type Breaker,
} from './breaker.ts'

const fail = { connect: false }
const refuse = { connect: true }

const times = (
  count: number,
  step: (breaker: Breaker, index: number) => Breaker,
  from: Breaker = CLOSED_BREAKER,
): Breaker => {
  let breaker = from
  for (let index = 0; index < count; index += 1) breaker = step(breaker, index)
  return breaker
}

describe('opening', () => {
  test('nineteen failures of nineteen are too few to judge', () => {
    expect(
      stateOf(
        times(19, (breaker) => afterFailure(breaker, fail, 1_000)),
        1_000,
      ),
    ).toBe('closed')
  })

  test('the twentieth call opens it at half failures', () => {
    const half = times(10, (breaker) => afterFailure(afterSuccess(breaker, 1_000), fail, 1_000))
    expect(stateOf(half, 1_000)).toBe('open')
  })

  test('just under half of them does not', () => {
    const healthy = times(11, (breaker) => afterSuccess(breaker, 1_000))
    expect(
      stateOf(
        times(10, (breaker) => afterFailure(breaker, fail, 1_000), healthy),
        1_000,
      ),
    ).toBe('closed')
  })

  test('failures older than ten seconds are forgotten', () => {
    const old = times(19, (breaker) => afterFailure(breaker, fail, 1_000))
    expect(stateOf(afterFailure(old, fail, 11_000), 11_000)).toBe('closed')
  })

  test('five connect errors in a row open it without a sample', () => {
    expect(
      stateOf(
        times(4, (breaker) => afterFailure(breaker, refuse, 0)),
        0,
      ),
    ).toBe('closed')
    expect(
      stateOf(
        times(5, (breaker) => afterFailure(breaker, refuse, 0)),
        0,
      ),
    ).toBe('open')
  })

  test('a success between connect errors starts the row again', () => {
    const interrupted = afterSuccess(
      times(4, (breaker) => afterFailure(breaker, refuse, 0)),
      0,
    )
    expect(
      stateOf(
        times(4, (breaker) => afterFailure(breaker, refuse, 0), interrupted),
        0,
      ),
    ).toBe('closed')
  })
})

describe('probing', () => {
  const opened = times(5, (breaker) => afterFailure(breaker, refuse, 10_000))

  test('one probe is due after two seconds, and only one', () => {
    expect(stateOf(opened, 11_999)).toBe('open')
    expect(stateOf(opened, 12_000)).toBe('half-open')
    const claimed = claimProbe(opened, 12_000)
    expect(stateOf(claimed, 12_001)).toBe('open')
    expect(stateOf(claimed, 14_000)).toBe('half-open')
  })

  test('a successful probe closes it and forgets the past', () => {
    const closed = afterSuccess(claimProbe(opened, 12_000), 12_300)
    expect(stateOf(closed, 12_300)).toBe('closed')
    expect(stateOf(afterFailure(closed, refuse, 12_301), 12_301)).toBe('closed')
  })

  test('a failed probe waits another two seconds', () => {
    const failed = afterFailure(claimProbe(opened, 12_000), refuse, 12_100)
    expect(stateOf(failed, 13_999)).toBe('open')
    expect(stateOf(failed, 14_000)).toBe('half-open')
  })

  test('a straggler that succeeds while it is open does not close it', () => {
    expect(stateOf(afterSuccess(opened, 10_100), 10_100)).toBe('open')
  })
})

describe('a provider that asks for time', () => {
  test('is left alone for exactly as long as it asked, without probes', () => {
    const waiting = afterRateLimit(CLOSED_BREAKER, 7_000, 1_000)
    expect(stateOf(waiting, 7_999)).toBe('open')
    expect(stateOf(waiting, 8_000)).toBe('half-open')
  })

  test('is not asked again sooner because a later answer named a shorter time', () => {
    const waiting = afterRateLimit(afterRateLimit(CLOSED_BREAKER, 20_000, 0), 1_000, 100)
    expect(stateOf(waiting, 19_999)).toBe('open')
  })

  test('is not asked again sooner because a call from before succeeded or failed', () => {
    const waiting = afterRateLimit(CLOSED_BREAKER, 20_000, 0)
    expect(stateOf(afterSuccess(waiting, 100), 19_999)).toBe('open')
    expect(stateOf(afterFailure(waiting, fail, 100), 19_999)).toBe('open')
  })

  test('is back at once when the call after the wait succeeds', () => {
    const probed = claimProbe(afterRateLimit(CLOSED_BREAKER, 5_000, 0), 5_000)
    expect(stateOf(afterSuccess(probed, 5_200), 5_200)).toBe('closed')
  })

  test('that asks for more time when probed gets all of it', () => {
    const probed = claimProbe(afterRateLimit(CLOSED_BREAKER, 5_000, 0), 5_000)
    expect(stateOf(afterRateLimit(probed, 7_000, 5_200), 12_199)).toBe('open')
  })

  test('waits a second when it named no time and a minute at most', () => {
    expect(stateOf(afterRateLimit(CLOSED_BREAKER, null, 0), 999)).toBe('open')
    expect(stateOf(afterRateLimit(CLOSED_BREAKER, null, 0), 1_000)).toBe('half-open')
    expect(stateOf(afterRateLimit(CLOSED_BREAKER, 3_600_000, 0), 60_000)).toBe('half-open')
  })
})
