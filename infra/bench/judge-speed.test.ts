import { expect, it } from 'vitest'
import { judgeLatency } from './judge-speed.ts'
import type { LatencyReport } from './measure-latency.ts'

const report: LatencyReport = {
  perSecond: 1_000,
  direct: { p50: 0.4, p99: 2 },
  added: { p50: 0.5, p99: 3 },
  failed: 0,
}
const verdicts = (changes: Partial<LatencyReport>): readonly boolean[] =>
  judgeLatency({ ...report, ...changes }).map(({ ok }) => ok)

it('added latency is judged at both percentiles', () => {
  expect(verdicts({})).toEqual([true, true])
  expect(verdicts({ added: { p50: 0.51, p99: 3 } })).toEqual([false, true])
  expect(verdicts({ added: { p50: 0.1, p99: 3.1 } })).toEqual([true, false])
  expect(verdicts({ failed: 1 })).toEqual([false, false])
})

it('nothing is held against the product where the provider alone is slow, but that nobody was answered', () => {
  const slow = { direct: { p50: 0.4, p99: 5.1 }, added: { p50: 9, p99: 90 } }
  expect(verdicts(slow)).toEqual([true, true])
  expect(verdicts({ ...slow, failed: 1 })).toEqual([false, false])
  expect(judgeLatency({ ...report, ...slow })[1]?.value).toContain('n/a')
})
