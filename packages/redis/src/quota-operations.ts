import type { NanoUsd } from '@atpar/core/money'
import type { BudgetCounter, BudgetState, RateLimit } from '@atpar/core/quota'
import type { HoldSize, RateReason, RateState, ReserveInput, ReserveResult, SettleInput } from './quota-contract.ts'
import { counterKey, counterTtlMs, heldOn } from './quota-keys.ts'
import { asField, FIELD_END, type ScriptReply } from './quota-script.ts'

/**
 * The wire between this package and quota.lua: how each operation is written and how its reply is read. Replies carry money exactly as
 * Redis stores it, as text; a reserve's reply shows the counters before it, and the amount is added here, in BigInt.
 */

/** Above it the script's comparisons would round. Counters and amounts stay below: $9,007,199. */
const MAX_EXACT = BigInt(Number.MAX_SAFE_INTEGER)
const MINUTE_US = 60_000_000
/** Room that other proxies were asked for is back by then. */
const RECALL_RETRY_MS = 250

export const amountText = (amount: NanoUsd): string => {
  if (amount < 0n || amount > MAX_EXACT)
    throw new RangeError(`${amount} nano-USD cannot be held: expected 0 to ${MAX_EXACT}`)
  return amount.toString()
}

export const tokensText = (tokens: number): string => {
  if (!(tokens >= 0 && tokens <= Number.MAX_SAFE_INTEGER))
    throw new RangeError(`${tokens} tokens cannot be held: expected 0 to 2^53`)
  return String(Math.ceil(tokens))
}

export const limitText = (limit: bigint): string => (limit > MAX_EXACT ? MAX_EXACT : limit).toString()
export const partText = (part: number | null): string => (part === null ? '-' : String(part))

export const payloadOf = ({ payload }: Pick<ReserveInput, 'payload'>): string =>
  typeof payload === 'string' ? payload : payload()

/** What every request writes is written as few texts: fields that are short go as one. */
export const writeReserve = (args: string[], input: ReserveInput): void => {
  const size = `${amountText(input.amount)}${FIELD_END}${Math.ceil(input.deadlineMs)}${FIELD_END}${tokensText(input.tokens)}`
  args.push(
    `r${FIELD_END}${input.holdId}${FIELD_END}${input.bootId}${FIELD_END}${size}`,
    asField(payloadOf(input)),
    textOfAll(input.counters, counterFields),
    textOfAll(input.rates, rateFields),
  )
}

const counterFields = (counter: BudgetCounter): readonly string[] => [
  counterKey(counter),
  limitText(counter.limit),
  String(counter.version),
  counter.hard ? '1' : '0',
]

const rateFields = (rate: RateLimit): readonly string[] => [
  rate.id,
  partText(rate.requestsPerMinute),
  partText(rate.tokensPerMinute),
  partText(rate.concurrency),
]

/** The requests of a key come with the same lists until a limit or a period changes: thirty fields that are written once. */
const writtenLists = new WeakMap<readonly unknown[], string>()

/** How many, then the fields of each. */
const textOfAll = <Item>(items: readonly Item[], fieldsOf: (item: Item) => readonly string[]): string => {
  const known = writtenLists.get(items)
  if (known !== undefined) return known
  const text = [String(items.length), ...items.flatMap(fieldsOf)].join(FIELD_END)
  writtenLists.set(items, text)
  return text
}

export const writeExtend = (args: string[], holdId: string, delta: HoldSize): void => {
  args.push('e', holdId, amountText(delta.amount), tokensText(delta.tokens))
}

export const writeNote = (args: string[], holdId: string, payload: string): void => {
  args.push('n', holdId, asField(payload))
}

export const writeSettle = (args: string[], input: SettleInput): void => {
  args.push(
    `s${FIELD_END}${input.holdId}${FIELD_END}${input.used}${FIELD_END}${tokensText(input.tokens)}`,
    asField(input.eventText),
  )
}

/** A settle that also counts where Redis never heard of the hold. */
export const writeBook = (args: string[], input: SettleInput, counters: readonly BudgetCounter[]): void => {
  args.push('b', input.holdId, input.used.toString(), tokensText(input.tokens), asField(input.eventText))
  args.push(counters.map(counterKey).join(' '))
}

export const writeRelease = (args: string[], holdId: string): void => {
  args.push('x', holdId)
}

export const writeRead = (args: string[], counters: readonly BudgetCounter[]): void => {
  args.push('g', String(counters.length))
  for (const counter of counters) args.push(counterKey(counter))
}

export const writeReadRates = (args: string[], rates: readonly RateLimit[]): void => {
  args.push('y', String(rates.length))
  for (const rate of rates) args.push(rate.id)
}

export interface CounterStart {
  readonly counter: BudgetCounter
  /** In the counter's unit. */
  readonly used: bigint
}

/** The arguments of one counter, as both `init` and a rebuild write it. */
export const writeCounterStart = (args: string[], start: CounterStart): void => {
  const { counter } = start
  args.push(
    counterKey(counter),
    start.used.toString(),
    limitText(counter.limit),
    String(counter.version),
    counter.hard ? '1' : '0',
    counter.unit,
    String(counterTtlMs(counter.periodId)),
  )
}

export const writeInit = (args: string[], epoch: string, starts: readonly CounterStart[]): void => {
  args.push('i', epoch, String(starts.length))
  for (const start of starts) writeCounterStart(args, start)
}

export type ReserveReply =
  | ReserveResult
  /** This epoch has not met these counters: load them from Postgres, set them, try again. */
  | { readonly kind: 'need'; readonly epoch: string; readonly counters: readonly BudgetCounter[] }
  /** The hold was released before this reserve arrived. */
  | { readonly kind: 'gone' }

export const textOf = (reply: ScriptReply): string => {
  if (typeof reply !== 'string') throw new TypeError('quota.lua replied a list where a text was expected')
  return reply
}

const at = <Item>(items: readonly Item[], index: string | number | undefined): Item => {
  const item = items[Number(index)]
  if (item === undefined) throw new RangeError(`quota.lua named number ${String(index)} of ${items.length}`)
  return item
}

export const readState = (counter: BudgetCounter, parts: readonly string[], from: number): BudgetState => ({
  budgetId: counter.budgetId,
  periodId: counter.periodId,
  unit: counter.unit,
  limit: BigInt(at(parts, from)),
  used: BigInt(at(parts, from + 1)),
  held: BigInt(at(parts, from + 2)),
})

/** A reserve's reply shows a counter as it was before it. */
const readHeld = (
  counter: BudgetCounter,
  { parts, from, size }: { readonly parts: readonly string[]; readonly from: number; readonly size: HoldSize },
): BudgetState => ({
  budgetId: counter.budgetId,
  periodId: counter.periodId,
  unit: counter.unit,
  limit: BigInt(at(parts, from)),
  used: BigInt(at(parts, from + 1)),
  held: BigInt(at(parts, from + 2)) + heldOn(counter, size),
})

const remaining = (perMinute: number | null, aheadUs: number): number | null =>
  perMinute === null ? null : Math.max(0, Math.floor(((MINUTE_US - aheadUs) * perMinute) / MINUTE_US + 1e-6))

export const readRate = (limit: RateLimit, parts: readonly string[], from: number): RateState => {
  const requestsAheadUs = Number(at(parts, from))
  const tokensAheadUs = Number(at(parts, from + 1))
  return {
    limit,
    remainingRequests: remaining(limit.requestsPerMinute, requestsAheadUs),
    resetRequestsMs: limit.requestsPerMinute === null ? null : Math.ceil(requestsAheadUs / 1_000),
    remainingTokens: remaining(limit.tokensPerMinute, tokensAheadUs),
    resetTokensMs: limit.tokensPerMinute === null ? null : Math.ceil(tokensAheadUs / 1_000),
    concurrent: limit.concurrency === null ? null : Number(at(parts, from + 2)),
  }
}

const isRateReason = (reason: string): reason is RateReason =>
  reason === 'requests_per_minute' || reason === 'tokens_per_minute' || reason === 'concurrency'

export const readReserveReply = (reply: ScriptReply, input: ReserveInput): ReserveReply => {
  const text = textOf(reply)
  // Measured: cutting thirty numbers out costs less than reading them where they stand, because this text is itself a slice.
  const parts = text.split(' ')
  const { counters, rates } = input
  switch (parts[0] ?? '') {
    case 'H': {
      const firstRate = 1 + counters.length * 3
      return {
        kind: 'held',
        states: counters.map((counter, index) => readHeld(counter, { parts, from: 1 + index * 3, size: input })),
        rates: rates.map((limit, index) => readRate(limit, parts, firstRate + index * 3)),
        leaseNumber: null,
      }
    }
    case 'D':
      return {
        kind: 'held',
        states: counters.map((counter, index) => readState(counter, parts, 1 + index * 3)),
        rates: [],
        leaseNumber: null,
      }
    case 'B':
      return {
        kind: 'refused',
        reason: 'budget',
        counter: at(counters, parts[1]),
        state: readState(at(counters, parts[1]), parts, 2),
        retryAfterMs: parts[5] === '1' ? RECALL_RETRY_MS : null,
      }
    case 'R': {
      const reason = at(parts, 2)
      if (!isRateReason(reason)) throw new TypeError(`quota.lua refused by an unknown limit "${reason}"`)
      return { kind: 'refused', reason, limit: at(rates, parts[1]), retryAfterMs: Math.max(1, Number(at(parts, 3))) }
    }
    case 'N':
      return { kind: 'need', epoch: at(parts, 1), counters: parts.slice(2).map((index) => at(counters, index)) }
    case 'G':
      return { kind: 'gone' }
    default:
      throw new TypeError(`quota.lua replied "${text}" to a reserve`)
  }
}

export type ReadReply =
  | { readonly kind: 'states'; readonly states: readonly BudgetState[] }
  | { readonly kind: 'need'; readonly epoch: string; readonly counters: readonly BudgetCounter[] }

export const readReadReply = (reply: ScriptReply, counters: readonly BudgetCounter[]): ReadReply => {
  const parts = textOf(reply).split(' ')
  const missing = counters.filter((_counter, index) => parts[2 + index * 3] === '-')
  if (missing.length > 0) return { kind: 'need', epoch: at(parts, 1), counters: missing }
  return { kind: 'states', states: counters.map((counter, index) => readState(counter, parts, 2 + index * 3)) }
}

export const readRatesReply = (reply: ScriptReply, rates: readonly RateLimit[]): readonly RateState[] => {
  const parts = textOf(reply).split(' ')
  return rates.map((limit, index) => readRate(limit, parts, 1 + index * 3))
}
