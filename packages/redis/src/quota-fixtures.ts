import { nanoUsd, pusd, type Pusd } from '@atpar/core/money'
import type { BudgetCounter, RateLimit } from '@atpar/core/quota'
import type { OwnReport, QuotaLog, RebuildSources, ReserveInput } from './quota-contract.ts'
import { counterKey } from './quota-keys.ts'

/** What the tests and the measurement of this package share: inputs with defaults, and a truth that stands in for Postgres. */

export const DOLLAR = 1_000_000_000n

export const budgetCounter = (over: Partial<BudgetCounter> = {}): BudgetCounter => ({
  budgetId: 'budget-1',
  periodId: '2026-11',
  unit: 'usd',
  limit: DOLLAR,
  version: 1,
  hard: true,
  ...over,
})

export const rateLimit = (over: Partial<RateLimit> = {}): RateLimit => ({
  id: 'rate-1',
  scope: 'key',
  scopeId: 'key-1',
  requestsPerMinute: null,
  tokensPerMinute: null,
  concurrency: null,
  modelId: null,
  tag: null,
  version: 1,
  ...over,
})

export const reserveInput = (over: Partial<ReserveInput> = {}): ReserveInput => ({
  orgId: 'org-1',
  holdId: 'request-1:1',
  bootId: 'boot-1',
  amount: nanoUsd(1_000_000n),
  deadlineMs: Date.now() + 60_000,
  counters: [budgetCounter()],
  rates: [],
  tokens: 0,
  payload: '{}',
  ...over,
})

export interface TruthEvent {
  readonly requestId: string
  readonly bootId: string
  readonly counterKeys: readonly string[]
  readonly billed: Pusd
  readonly leaseNumber: number | null
  isShipped: boolean
}

/** Stands in for Postgres: journals, what of them is shipped, locks and heartbeats. */
export interface Truth {
  readonly events: TruthEvent[]
  readonly live: Set<string>
  readonly concluded: Set<string>
  settle(event: {
    requestId: string
    bootId: string
    counters: readonly BudgetCounter[]
    billed: bigint
    leaseNumber?: number | null
  }): void
  ship(bootId?: string): void
  sum(counter: BudgetCounter): bigint
  sources(bootId: string, ownReport: () => OwnReport['holds']): RebuildSources
}

export const createTruth = (): Truth => {
  const events: TruthEvent[] = []
  const live = new Set<string>()
  const concluded = new Set<string>()
  const locked = new Set<string>()
  const settledOf = (bootId: string): TruthEvent[] => events.filter((event) => event.bootId === bootId)
  const ship = (bootId?: string): void => {
    for (const event of events) if (bootId === undefined || event.bootId === bootId) event.isShipped = true
  }
  return {
    events,
    live,
    concluded,
    settle: ({ requestId, bootId, counters, billed, leaseNumber }) => {
      events.push({
        requestId,
        bootId,
        counterKeys: counters.map(counterKey),
        billed: pusd(billed),
        leaseNumber: leaseNumber ?? null,
        isShipped: false,
      })
    },
    ship,
    sum: (counter) =>
      events
        .filter((event) => event.counterKeys.includes(counterKey(counter)))
        .reduce((sum, event) => sum + event.billed, 0n),
    sources: (bootId, ownReport) => {
      live.add(bootId)
      return {
        withOrgLock: async (orgId, run) => {
          if (locked.has(orgId)) return 'busy'
          locked.add(orgId)
          try {
            await run()
          } finally {
            locked.delete(orgId)
          }
          return 'ran'
        },
        readUsed: async (_orgId, counters, except) =>
          new Map(
            counters.map((counter) => [
              counterKey(counter),
              pusd(
                events
                  .filter(
                    (event) =>
                      event.isShipped &&
                      event.counterKeys.includes(counterKey(counter)) &&
                      !except.requestIds.includes(event.requestId) &&
                      !except.leases.some(
                        (lease) => lease.bootId === event.bootId && lease.number === event.leaseNumber,
                      ),
                  )
                  .reduce((sum, event) => sum + event.billed, 0n),
              ),
            ]),
          ),
        liveBoots: async () => [...live],
        isConcluded: async (boot) => concluded.has(boot),
        waitShipped: async (boot, seq, timeoutMs) => {
          const deadline = performance.now() + timeoutMs
          while (
            settledOf(boot)
              .slice(0, seq)
              .some((event) => !event.isShipped)
          ) {
            if (performance.now() > deadline) return false
            await new Promise((resolve) => setTimeout(resolve, 2))
          }
          return true
        },
        ownReport: () => ({ bootId, seq: settledOf(bootId).length, holds: ownReport() }),
      }
    },
  }
}

export const silentLog: QuotaLog = () => undefined
