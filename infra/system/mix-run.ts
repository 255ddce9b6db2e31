import { setTimeout as sleep } from 'node:timers/promises'
import { periodRange } from '@atpar/core/invoice'
import { pusd, ZERO_PUSD, type Pusd } from '@atpar/core/money'
import type { Snapshot } from '@atpar/core/snapshot'
import { billingPeriodOf } from '@atpar/core/usage-event'
import { loadSnapshot } from '@atpar/db/gateway'
import { moveClockTo } from './move-clock.ts'
import { movePrices, type PriceMove } from './move-prices.ts'
import { createRandom } from './random.ts'
import { readEventsOf, reconcilePinned, type Reconciliation } from './reconcile.ts'
import { waitUntilSettled } from './settled.ts'
import type { RunningSystem } from './start-system.ts'
import type { SeededTenant } from './tenant.ts'
import { planTraffic, playTraffic, type CallResult } from './traffic.ts'

export interface MixPlan {
  readonly seed: number
  readonly requests: number
  /** At the same time, over all tenants and proxies. */
  readonly concurrency: number
  /** Requests between two looks at the books, which are then forgotten: memory does not grow with the run. */
  readonly batch: number
  /** Asked after each batch: a run that somebody stops reports on what it made. */
  readonly isStopped?: () => boolean
  readonly note: (line: string) => void
}

/** Sums over the whole run; the lists hold the first few of each trouble. */
export interface MixReport {
  readonly requests: number
  readonly answers: Readonly<Record<string, number>>
  readonly seconds: number
  readonly exact: { readonly attempts: number; readonly oursPusd: Pusd; readonly theirsPusd: Pusd }
  readonly partial: { readonly attempts: number; readonly oursPusd: Pusd; readonly theirsPusd: Pusd }
  /** Mismatches, overcharges, attempts in the providers' books without an event and events without a book. */
  readonly troubles: readonly string[]
  /** 401, or 429 that no provider asked for. */
  readonly mislabelled: readonly string[]
  /** Of the events that were looked at. */
  readonly billedPusd: Pusd
  readonly absorbedPusd: Pusd
  readonly priceBooks: number
  readonly periods: readonly string[]
}

/** Everything happens in the first part of a very long run, so that most of it runs afterwards and a run cut short has seen it all. */
const EVENTFUL_REQUESTS = 200_000
const MOVES: readonly { readonly at: number; readonly move: PriceMove }[] = [
  { at: 0.15, move: { modelIds: ['gpt-4o-mini', 'claude-sonnet-5'], times: 11n, over: 10n } },
  { at: 0.35, move: { modelIds: ['gpt-4o', 'gemini-2.5-flash', 'deepseek-chat'], times: 7n, over: 9n } },
  { at: 0.75, move: { modelIds: ['qwen-plus', 'llama-3.3-70b', 'gpt-4o-mini'], times: 13n, over: 12n } },
]
/** The month ends when this share of the eventful part has been made. */
const BOUNDARY_AT = 0.5
const BEFORE_BOUNDARY_MS = 1_500
/** By then every proxy has heard of a moved clock. */
const CLOCKS_KNOW_MS = 3_000
const MOST_TROUBLES = 20

interface Happening {
  readonly atRequest: number
  readonly run: () => Promise<void>
}

/** What happens to the system in mid-load, each at its share of the requests and without stopping them. */
const planHappenings = (system: RunningSystem, plan: MixPlan, snapshots: Map<number, Snapshot>): Happening[] => {
  const { note } = plan
  const requests = Math.min(plan.requests, EVENTFUL_REQUESTS)
  return [
    ...MOVES.map(({ at, move }) => ({
      atRequest: Math.floor(requests * at),
      run: async () => {
        const bookId = await movePrices(system.owner, move)
        snapshots.set(bookId, await loadSnapshot(system.owner))
        note(`price book ${bookId} in force`)
      },
    })),
    {
      atRequest: Math.floor(requests * BOUNDARY_AT),
      run: async () => {
        const { toMs } = periodRange(billingPeriodOf(Date.now()))
        await moveClockTo(system.owner, toMs - BEFORE_BOUNDARY_MS)
        note(`the clock stands ${BEFORE_BOUNDARY_MS / 1_000} s before ${new Date(toMs).toISOString()}`)
        // Over when the month is: whatever begins after this batch begins in the next one.
        await sleep(BEFORE_BOUNDARY_MS + CLOCKS_KNOW_MS)
      },
    },
  ]
}

const isMislabelled = ({ status, plan }: CallResult): boolean =>
  status === 401 || (status === 429 && plan.kind !== 'failed')

/**
 * A long mix through every proxy, for many organizations, with price changes and the end of a month in the middle of it; every event is held
 * against the providers' books at the prices it was pinned to.
 */
export const playMix = async (
  system: RunningSystem,
  tenants: readonly SeededTenant[],
  plan: MixPlan,
): Promise<MixReport> => {
  const { simulators } = system
  if (simulators === null) throw new TypeError('a mix is played against simulators')
  const first = await loadSnapshot(system.owner)
  const snapshots = new Map([[first.priceBookId, first]])
  const happenings = planHappenings(system, plan, snapshots).sort((one, other) => one.atRequest - other.atRequest)
  const sums = createSums()
  let done = 0
  let happening: Promise<void> = Promise.resolve()
  const onAnswer = (): void => {
    done += 1
    const next = happenings[0]
    if (next === undefined || done < next.atRequest) return
    happenings.shift()
    happening = happening.then(next.run)
  }
  const from = performance.now()
  let made = 0
  for (let batch = 0; made < plan.requests && plan.isStopped?.() !== true; batch += 1) {
    const size = Math.min(plan.batch, plan.requests - made)
    const results = (
      await Promise.all(
        tenants.map((tenant, lane) =>
          playTraffic(
            planTraffic(createRandom(plan.seed + batch * tenants.length + lane), shareOf(size, tenants.length, lane)),
            {
              proxyUrl: system.proxyUrls[(lane + batch) % system.proxyUrls.length] ?? '',
              key: tenant.key,
              concurrency: Math.ceil(plan.concurrency / tenants.length),
              onProgress: onAnswer,
            },
          ),
        ),
      )
    ).flat()
    await happening
    await waitUntilSettled(system, 120_000)
    const books = simulators.books.entries()
    if (simulators.books.countOpen() > 0)
      throw new Error(`${simulators.books.countOpen()} answers are still open in the providers' books`)
    simulators.books.clear()
    const ids = new Set(results.flatMap(({ requestId }) => requestId ?? []))
    for (const entry of books) if (entry.callerRequestId !== null) ids.add(entry.callerRequestId.slice(0, UUID_LENGTH))
    const events = await readEventsOf(system.owner, [...ids])
    sums.add(
      reconcilePinned(events, books, (event) => {
        const snapshot = snapshots.get(event.priceBookId)
        if (snapshot === undefined)
          throw new RangeError(`${event.requestId} names price book ${event.priceBookId}, which was never in force`)
        return snapshot
      }),
    )
    const billable = new Set(books.flatMap((entry) => (entry.billable ? (entry.callerRequestId ?? []) : [])))
    sums.count(results)
    for (const event of events) {
      sums.periods.add(billingPeriodOf(event.startedAtMs))
      sums.books.add(event.priceBookId)
      if (event.billedPusd > 0n && !billable.has(`${event.requestId}-${event.attempt}`))
        sums.trouble(`billed without a provider's book: ${event.requestId}`)
    }
    const seconds = (performance.now() - from) / 1_000
    made += size
    plan.note(`${done} answers, ${(done / seconds).toFixed(0)}/s, ${sums.troubles.length} troubles`)
  }
  return { ...sums.report(), requests: made, seconds: (performance.now() - from) / 1_000 }
}

const UUID_LENGTH = 36

const shareOf = (total: number, lanes: number, lane: number): number =>
  Math.floor(total / lanes) + (lane < total % lanes ? 1 : 0)

const createSums = () => {
  const exact = { attempts: 0, oursPusd: ZERO_PUSD, theirsPusd: ZERO_PUSD }
  const partial = { attempts: 0, oursPusd: ZERO_PUSD, theirsPusd: ZERO_PUSD }
  const answers: Record<string, number> = {}
  const troubles: string[] = []
  const mislabelled: string[] = []
  const periods = new Set<string>()
  const books = new Set<number>()
  let billed = 0n
  let absorbed = 0n
  const trouble = (text: string): void => {
    if (troubles.length < MOST_TROUBLES) troubles.push(text)
  }
  return {
    troubles,
    periods,
    books,
    trouble,
    count: (results: readonly CallResult[]): void => {
      for (const result of results) {
        const name = `${result.plan.kind} ${result.status}`
        answers[name] = (answers[name] ?? 0) + 1
        if (isMislabelled(result) && mislabelled.length < MOST_TROUBLES)
          mislabelled.push(`${result.status}: ${result.body.slice(0, 200)}`)
      }
    },
    add: (found: Reconciliation): void => {
      for (const [sum, part] of [
        [exact, found.exact],
        [partial, found.partial],
      ] as const) {
        sum.attempts += part.attempts
        sum.oursPusd = pusd(sum.oursPusd + part.oursPusd)
        sum.theirsPusd = pusd(sum.theirsPusd + part.theirsPusd)
      }
      billed += found.billedPusd
      absorbed += found.absorbedPusd
      for (const text of found.missing) trouble(`no event: ${text}`)
      for (const text of found.duplicates) trouble(`twice: ${text}`)
      for (const text of found.exact.mismatches) trouble(`off: ${text}`)
      for (const text of found.partial.overcharged) trouble(`above the book: ${text}`)
    },
    report: (): Omit<MixReport, 'requests' | 'seconds'> => ({
      answers,
      exact,
      partial,
      troubles,
      mislabelled,
      billedPusd: pusd(billed),
      absorbedPusd: pusd(absorbed),
      priceBooks: books.size,
      periods: [...periods].sort(),
    }),
  }
}
