import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { AttemptOutcome } from '@atpar/core/usage-event'
import type { QuotaStats } from '@atpar/redis/quota'

export interface CallFacts {
  readonly endpoint: string
  readonly outcome: AttemptOutcome | 'failed'
  readonly attempts: number
}

/** What `/metrics` shows. Labels are closed vocabularies: no key, organization or model, whose number has no bound. */
export interface Metrics {
  recordCall(facts: CallFacts): void
  recordRefusal(code: string): void
  /** An answer whose output limit was made smaller to fit the room. */
  recordClamp(): void
  /** A stream that asked for more than was held for it. */
  recordExtension(verdict: 'extended' | 'refused' | 'unavailable'): void
  /** A stream that was ended because its budget was, and how long it took from the refusal to the end of the answer. */
  recordCut(durationMs: number): void
  /** Requests whose words were kept, or were to be. */
  recordContents(result: 'kept' | 'dropped' | 'failed', contents: number): void
  observeGauges(
    read: () => { readonly openCalls: number; readonly unsettledHolds: number; readonly openAttempts: number },
  ): void
  observeQuota(read: () => QuotaStats): void
  render(): Promise<{ readonly contentType: string; readonly text: string }>
}

export const createMetrics = (): Metrics => {
  const registry = new Registry()
  const calls = new Counter({
    name: 'atpar_calls_total',
    help: 'Calls that were sent to a provider, by how they ended.',
    labelNames: ['endpoint', 'outcome'],
    registers: [registry],
  })
  const attempts = new Histogram({
    name: 'atpar_call_attempts',
    help: 'Upstream attempts a call needed.',
    buckets: [1, 2, 3],
    registers: [registry],
  })
  const refusals = new Counter({
    name: 'atpar_refusals_total',
    help: 'Calls that were refused or failed, by error code.',
    labelNames: ['code'],
    registers: [registry],
  })
  const clamps = new Counter({
    name: 'atpar_clamps_total',
    help: 'Calls sent with a smaller output limit because room was short.',
    registers: [registry],
  })
  const extensions = new Counter({
    name: 'atpar_extensions_total',
    help: 'Requests of running streams for more money, by the answer.',
    labelNames: ['verdict'],
    registers: [registry],
  })
  const cuts = new Histogram({
    name: 'atpar_cut_seconds',
    help: 'Streams ended in the middle because a hard budget was used up: from the refusal to the end of the answer.',
    buckets: [0.01, 0.05, 0.1, 0.25, 1],
    registers: [registry],
  })
  const contents = new Counter({
    name: 'atpar_contents_total',
    help: 'Requests whose content was to be kept: kept; dropped, because more waited than there is room for; failed.',
    labelNames: ['result'],
    registers: [registry],
  })
  // Finding a counter by its labels hashes them anew each time; there are a dozen combinations in all.
  const callCounters = new Map<string, { inc: () => void }>()
  return {
    recordCall: (facts) => {
      const name = `${facts.endpoint} ${facts.outcome}`
      let counter = callCounters.get(name)
      if (counter === undefined) {
        counter = calls.labels({ endpoint: facts.endpoint, outcome: facts.outcome })
        callCounters.set(name, counter)
      }
      counter.inc()
      attempts.observe(facts.attempts)
    },
    recordRefusal: (code) => refusals.inc({ code }),
    recordClamp: () => clamps.inc(),
    recordExtension: (verdict) => extensions.inc({ verdict }),
    recordContents: (result, count) => contents.inc({ result }, count),
    recordCut: (durationMs) => cuts.observe(durationMs / 1000),
    observeGauges: (read) => {
      const open: Gauge = new Gauge({
        name: 'atpar_open_calls',
        help: 'Calls being answered now.',
        registers: [registry],
        collect: () => open.set(read().openCalls),
      })
      const holds: Gauge = new Gauge({
        name: 'atpar_unsettled_holds',
        help: 'Settlements Redis has not taken yet.',
        registers: [registry],
        collect: () => holds.set(read().unsettledHolds),
      })
      const journal: Gauge = new Gauge({
        name: 'atpar_open_attempts',
        help: 'Attempts begun in the journal and not settled.',
        registers: [registry],
        collect: () => journal.set(read().openAttempts),
      })
    },
    observeQuota: (read) => {
      const admissions: Gauge = new Gauge({
        name: 'atpar_admissions',
        help: 'Calls admitted since the start: by a lease (no round trip), by asking Redis, by the allowance without it.',
        labelNames: ['by'],
        registers: [registry],
        collect: () => {
          const { byLease, byRedis, byAllowance } = read()
          admissions.set({ by: 'lease' }, byLease)
          admissions.set({ by: 'redis' }, byRedis)
          admissions.set({ by: 'allowance' }, byAllowance)
        },
      })
      const roundTrips: Gauge = new Gauge({
        name: 'atpar_quota_round_trips',
        help: 'Script calls to Redis since the start.',
        registers: [registry],
        collect: () => roundTrips.set(read().roundTrips),
      })
      const leases: Gauge = new Gauge({
        name: 'atpar_leases',
        help: 'Leases held or not yet given back.',
        registers: [registry],
        collect: () => leases.set(read().leases),
      })
    },
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}
