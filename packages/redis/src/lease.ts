import { nanoUsd } from '@atpar/core/money'
import type { BudgetCounter, BudgetState, RateLimit } from '@atpar/core/quota'
import { leaseIdOf, NO_SIZE, type LeaseMessage, type LeaseMode, type LeaseSize } from './lease-message.ts'
import type { HoldSize, RateState } from './quota-contract.ts'

/** Mutable on purpose: a lease is charged by every request, and an object per charge would cost more than the charge. */
interface Tally {
  amount: bigint
  tokens: number
  requests: number
}

/** Money, tokens and requests put aside in Redis on behalf of many requests of one process, for one exact set of counters and rate limits. */
export interface Lease {
  readonly id: string
  readonly number: number
  readonly orgId: string
  readonly key: string
  readonly counters: readonly BudgetCounter[]
  readonly rates: readonly RateLimit[]
  readonly countsAmount: boolean
  readonly countsTokens: boolean
  readonly countsRequests: boolean
  readonly bornMs: number
  revision: number
  /** What Redis holds for it, as far as this process knows: `running`, and what lies ready. */
  readonly keep: Tally
  readonly running: Tally
  readonly consumed: Tally
  /** False = draining: what lay ready is given back, what runs is seen to its end. */
  isAdmitting: boolean
  isAsking: boolean
  /** Draining, and something ended that Redis has not heard of. */
  isDirty: boolean
  isUsedSinceAsk: boolean
  usableUntilMs: number
  askedMs: number
  usedMs: number
  /** After a failed call nobody asks again before this. */
  nextAskMs: number
  /** What lay ready right after the last grant. */
  readonly granted: Tally
  /** Moving average of what requests hold. */
  typicalAmount: number
  typicalTokens: number
  /** What whoever is admitted by it hears: the states of the last reply, the rate limits less what was admitted since. */
  told: Told
}

type Changing<Type> = { -readonly [Key in keyof Type]: Type[Key] }

interface Told {
  readonly kind: 'held'
  readonly states: readonly BudgetState[]
  /** The same objects for everybody, counted down as requests are admitted. */
  readonly rates: readonly Changing<RateState>[]
  readonly leaseNumber: number
}

export interface LeaseOpening {
  readonly orgId: string
  readonly key: string
  readonly number: number
  readonly bootId: string
  readonly counters: readonly BudgetCounter[]
  readonly rates: readonly RateLimit[]
  readonly first: HoldSize
  readonly nowMs: number
}

const emptyTally = (): Tally => ({ amount: 0n, tokens: 0, requests: 0 })

export const openLease = (opening: LeaseOpening): Lease => ({
  id: leaseIdOf(opening.bootId, opening.number),
  number: opening.number,
  orgId: opening.orgId,
  key: opening.key,
  counters: opening.counters,
  rates: opening.rates,
  countsAmount: opening.counters.some((counter) => counter.unit === 'usd'),
  countsTokens:
    opening.counters.some((counter) => counter.unit === 'tokens') ||
    opening.rates.some((rate) => rate.tokensPerMinute !== null),
  countsRequests: opening.rates.some((rate) => rate.requestsPerMinute !== null),
  bornMs: opening.nowMs,
  revision: 0,
  keep: emptyTally(),
  running: emptyTally(),
  consumed: emptyTally(),
  isAdmitting: true,
  isAsking: false,
  isDirty: false,
  isUsedSinceAsk: false,
  usableUntilMs: 0,
  askedMs: 0,
  usedMs: opening.nowMs,
  nextAskMs: 0,
  granted: emptyTally(),
  typicalAmount: Number(opening.first.amount),
  typicalTokens: opening.first.tokens,
  told: { kind: 'held', states: [], rates: [], leaseNumber: opening.number },
})

const fitsIn = (lease: Lease, size: HoldSize): boolean =>
  (!lease.countsAmount || lease.keep.amount - lease.running.amount >= size.amount) &&
  (!lease.countsTokens || lease.keep.tokens - lease.running.tokens >= size.tokens)

export const canAdmit = (lease: Lease, size: HoldSize, nowMs: number): boolean =>
  lease.isAdmitting &&
  nowMs < lease.usableUntilMs &&
  fitsIn(lease, size) &&
  (!lease.countsRequests || lease.keep.requests >= 1)

export const canExtend = (lease: Lease, delta: HoldSize, nowMs: number): boolean =>
  lease.isAdmitting && nowMs < lease.usableUntilMs && fitsIn(lease, delta)

/** Whether it could admit a request of this size when freshly renewed. Unknown before the first grant. */
export const couldAdmit = ({ granted, countsAmount, countsTokens, usableUntilMs }: Lease, size: HoldSize): boolean =>
  usableUntilMs === 0 ||
  ((!countsAmount || granted.amount >= size.amount) && (!countsTokens || granted.tokens >= size.tokens))

/** A quarter left: time to ask for more while the rest is being used. */
export const isLow = ({ keep, running, granted, countsAmount, countsTokens, countsRequests }: Lease): boolean =>
  (countsAmount && (keep.amount - running.amount) * 4n < granted.amount) ||
  (countsTokens && (keep.tokens - running.tokens) * 4 < granted.tokens) ||
  (countsRequests && keep.requests * 4 < granted.requests)

export const admitTo = (lease: Lease, size: HoldSize, nowMs: number): void => {
  const { keep, running, consumed } = lease
  running.amount += size.amount
  running.tokens += size.tokens
  running.requests += 1
  keep.requests -= 1
  consumed.requests += 1
  lease.typicalAmount += (Number(size.amount) - lease.typicalAmount) / 16
  lease.typicalTokens += (size.tokens - lease.typicalTokens) / 16
  for (const rate of lease.told.rates)
    if (rate.remainingRequests !== null && rate.remainingRequests > 0) rate.remainingRequests -= 1
  lease.isUsedSinceAsk = true
  lease.usedMs = nowMs
}

export const growRunning = (lease: Lease, delta: HoldSize): void => {
  lease.running.amount += delta.amount
  lease.running.tokens += delta.tokens
}

/** As Redis had it when it answered. */
export const tell = (
  lease: Lease,
  { states, rates }: { readonly states: readonly BudgetState[]; readonly rates: readonly RateState[] },
): void => {
  lease.told = { kind: 'held', states, rates: rates.map((rate) => ({ ...rate })), leaseNumber: lease.number }
}

/** A request ended: what it held is ready again, but for what it used. */
export const settleOn = (lease: Lease, held: Omit<Tally, 'requests'>, used: HoldSize): void => {
  const { keep, running, consumed } = lease
  running.amount -= held.amount
  running.tokens -= held.tokens
  running.requests -= 1
  keep.amount -= used.amount
  keep.tokens -= used.tokens
  consumed.amount += used.amount
  consumed.tokens += used.tokens
  lease.isDirty = true
  lease.isUsedSinceAsk = true
}

/** As if it never was, its place among the requests of the minute included. */
export const releaseOn = (lease: Lease, held: Omit<Tally, 'requests'>): void => {
  settleOn(lease, held, NO_SIZE)
  lease.keep.requests += 1
  lease.consumed.requests -= 1
}

const sizeOf = ({ amount, tokens, requests }: Tally): LeaseSize => ({ amount: nanoUsd(amount), tokens, requests })

/** Running requests hold money and tokens; their place in the minute is spent. */
const runningOf = ({ amount, tokens }: Tally): LeaseSize => ({ amount: nanoUsd(amount), tokens, requests: 0 })

/** What a rebuild must know, and every message says. */
export const describeLease = (
  lease: Lease,
): { readonly keep: LeaseSize; readonly running: LeaseSize; readonly consumed: LeaseSize } => {
  const running = runningOf(lease.running)
  return { keep: lease.isAdmitting ? sizeOf(lease.keep) : running, running, consumed: sizeOf(lease.consumed) }
}

export interface LeaseTerms {
  readonly bootId: string
  readonly liveProxies: number
  readonly mostAmount: bigint
  readonly ttlMs: number
}

/** The next message of a lease. From here on a draining one does not own what it gives back, whatever becomes of the message. */
export const nextMessage = (
  lease: Lease,
  { mode, extra }: { readonly mode: LeaseMode; readonly extra: HoldSize },
  terms: LeaseTerms,
): LeaseMessage => {
  lease.revision += 1
  const said = describeLease(lease)
  if (!lease.isAdmitting) Object.assign(lease.keep, said.keep)
  return {
    leaseId: lease.id,
    ...terms,
    revision: lease.revision,
    mode,
    ...said,
    extra: { amount: extra.amount, tokens: extra.tokens, requests: 0 },
    typical: { amount: nanoUsd(BigInt(Math.ceil(lease.typicalAmount))), tokens: Math.ceil(lease.typicalTokens) },
    counters: lease.counters,
    rates: lease.rates,
  }
}

export const addGrant = (lease: Lease, add: LeaseSize): void => {
  const { keep, running, granted } = lease
  keep.amount += add.amount
  keep.tokens += add.tokens
  keep.requests += add.requests
  granted.amount = keep.amount - running.amount
  granted.tokens = keep.tokens - running.tokens
  granted.requests = keep.requests
}

/** Budgets and limits were neither edited nor exchanged since the lease was taken. */
export const isForSame = (lease: Lease, counters: readonly BudgetCounter[], rates: readonly RateLimit[]): boolean => {
  for (let index = 0; index < counters.length; index += 1)
    if (lease.counters[index]?.version !== counters[index]?.version) return false
  for (let index = 0; index < rates.length; index += 1)
    if (lease.rates[index]?.version !== rates[index]?.version) return false
  return true
}
