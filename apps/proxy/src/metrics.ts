import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { AttemptOutcome } from '@atpar/core/usage-event'

export interface CallFacts {
  readonly endpoint: string
  readonly outcome: AttemptOutcome | 'failed'
  readonly attempts: number
}

/** What `/metrics` shows. Labels are closed vocabularies: no key, organization or model, whose number has no bound. */
export interface Metrics {
  recordCall(facts: CallFacts): void
  recordRefusal(code: string): void
  observeGauges(
    read: () => { readonly openCalls: number; readonly unsettledHolds: number; readonly openAttempts: number },
  ): void
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
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}
