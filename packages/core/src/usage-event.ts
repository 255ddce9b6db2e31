import type { Pusd } from './money.ts'
import type { UsageSource, UsageUnits } from './usage.ts'

/** Who bears the provider's bill: us (then the customer pays list price), the customer's own key, or a local machine. */
export type Funding = 'platform' | 'byok' | 'local'

/** How an attempt ended. */
export type AttemptOutcome =
  | 'ok'
  | 'client_abort'
  | 'upstream_error'
  | 'upstream_timeout'
  | 'gateway_error'
  | 'budget_cut'
  | 'killed'

export type AbsorbedReason =
  | 'zero_output'
  | 'lost_attempt'
  | 'platform_fault'
  | 'hedge_loser'
  | 'abort_estimate'
  | 'budget_cut'
  | 'unpriced'
  | 'killed'

export type UsageEventKind = 'settle' | 'correction' | 'refund'

/** One step of the route trail: what was tried or left out, and why. Carries no prompt, credential or internal host. */
export interface TrailStep {
  readonly attempt: number | null
  readonly offeringId: string
  readonly provider: string
  /** `guarded`: what a guardrail found, and what it did about it; the reason says which. */
  readonly result: 'served' | 'failed' | 'skipped' | 'guarded'
  readonly reason: string
  readonly httpStatus?: number
  readonly durationMs?: number
}

/**
 * The fact that one upstream attempt may have cost money. Exactly one per attempt with kind `settle`; `(requestId, attempt, kind, seq)` is the
 * permanent idempotency key. For platform funding `costPusd = billedPusd + absorbedPusd`, always.
 */
export interface UsageEvent {
  readonly requestId: string
  readonly attempt: number
  readonly kind: UsageEventKind
  readonly seq: number
  readonly orgId: string
  readonly teamId: string | null
  readonly memberId: string | null
  readonly keyId: string
  readonly endpoint: string
  readonly callerDialect: string
  readonly streamed: boolean
  readonly provider: string
  readonly offeringId: string
  readonly modelRequested: string
  readonly modelId: string
  readonly modelServed: string | null
  readonly routeVersionId: string | null
  readonly serviceTier: string | null
  readonly funding: Funding
  readonly startedAtMs: number
  readonly firstByteAtMs: number | null
  readonly endedAtMs: number
  /** First day of the UTC month of `startedAtMs`, `YYYY-MM-DD`: fixed at admission. */
  readonly billingPeriod: string
  readonly priceBookId: number
  readonly units: UsageUnits
  readonly usageSource: UsageSource
  readonly providerUsageRaw: unknown
  readonly providerRequestId: string | null
  readonly providerStatedCostPusd: Pusd | null
  readonly costPusd: Pusd
  readonly billedPusd: Pusd
  readonly absorbedPusd: Pusd
  readonly absorbedReason: AbsorbedReason | null
  readonly outcome: AttemptOutcome
  /** False when another attempt of the same request followed: screens count requests, bills count attempts. */
  readonly isFinal: boolean
  readonly httpStatus: number
  readonly errorCode: string | null
  /** What was held for it. */
  readonly estimatePusd: Pusd
  readonly trail: readonly TrailStep[]
  /** The key's labels and what the caller added: what budgets of one tag count by. */
  readonly tags: readonly string[]
  readonly proxyId: string
  readonly proxyBootId: string
  /** Dense per boot, so a lost event is a visible hole. The number of the attempt's `begin` record. */
  readonly proxySeq: number
  /** Of the lease (of this boot) that admitted the request; null when Redis was asked for it. */
  readonly leaseNumber: number | null
}

/** What is known when an attempt begins; everything an event needs if the process dies before it ends. */
export type AttemptBegin = Pick<
  UsageEvent,
  | 'requestId'
  | 'attempt'
  | 'orgId'
  | 'teamId'
  | 'memberId'
  | 'keyId'
  | 'endpoint'
  | 'callerDialect'
  | 'streamed'
  | 'provider'
  | 'offeringId'
  | 'modelRequested'
  | 'modelId'
  | 'routeVersionId'
  | 'serviceTier'
  | 'funding'
  | 'startedAtMs'
  | 'billingPeriod'
  | 'priceBookId'
  | 'estimatePusd'
  | 'tags'
  | 'leaseNumber'
>

const MONEY_FIELDS = ['providerStatedCostPusd', 'costPusd', 'billedPusd', 'absorbedPusd', 'estimatePusd'] as const

/**
 * A record as a JSON array, its fields in this order: what the journal and the holds are written in. A thousand of them a second are written and
 * read, and half of what an object says is its names. What an attempt began with comes first, so that its end is that text and more.
 */
export const BEGIN_FIELDS = [
  'requestId',
  'attempt',
  'orgId',
  'teamId',
  'memberId',
  'keyId',
  'endpoint',
  'callerDialect',
  'streamed',
  'provider',
  'offeringId',
  'modelRequested',
  'modelId',
  'routeVersionId',
  'serviceTier',
  'funding',
  'startedAtMs',
  'billingPeriod',
  'priceBookId',
  'estimatePusd',
  'tags',
  'leaseNumber',
] as const satisfies readonly (keyof AttemptBegin)[]

/** Behind those of the begin. The tier that served counts, not the one that was asked for. */
export const END_FIELDS = [
  'kind',
  'seq',
  'modelServed',
  'serviceTier',
  'firstByteAtMs',
  'endedAtMs',
  'units',
  'usageSource',
  'providerUsageRaw',
  'providerRequestId',
  'providerStatedCostPusd',
  'costPusd',
  'billedPusd',
  'absorbedPusd',
  'absorbedReason',
  'outcome',
  'isFinal',
  'httpStatus',
  'errorCode',
  'trail',
  'proxyId',
  'proxyBootId',
  'proxySeq',
] as const satisfies readonly (keyof UsageEvent)[]

/** What an attempt's end adds to its begin. */
export type AttemptEnd = Pick<UsageEvent, (typeof END_FIELDS)[number]>

/** Of an event: `serviceTier` stands in both halves. */
export const RECORD_FIELDS = [...BEGIN_FIELDS, ...END_FIELDS] as const

/** JSON text of an event or begin record; money travels as decimal strings because JSON numbers are floats. */
export const encodeUsageRecord = (record: object): string =>
  JSON.stringify(record, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))

/**
 * Every field, unset. Copied and filled, a record keeps one shape; given so many names one by one, V8 makes it a dictionary, which takes half as long
 * again to write and to read.
 */
const blank = (names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [name, null]))

interface Layout {
  readonly names: readonly string[]
  readonly blank: Readonly<Record<string, unknown>>
}
const BEGIN_LAYOUT: Layout = { names: BEGIN_FIELDS, blank: blank(BEGIN_FIELDS) }
const EVENT_LAYOUT: Layout = { names: RECORD_FIELDS, blank: blank(RECORD_FIELDS) }

const nameFields = (values: readonly unknown[], { names, blank }: Layout): Record<string, unknown> => {
  if (values.length !== names.length)
    throw new SyntaxError(`the record is incomplete: it has ${values.length} fields of ${names.length}`)
  const fields = { ...blank }
  let index = 0
  for (const name of names) {
    fields[name] = values[index]
    index += 1
  }
  return fields
}

/** Only the record's own amounts: a provider may have used the same names in `providerUsageRaw`, for whatever it likes. */
const readRecord = (text: string, layout: Layout): Record<string, unknown> => {
  const record = JSON.parse(text) as unknown
  if (typeof record !== 'object' || record === null) throw new SyntaxError('the record is no object')
  const fields = Array.isArray(record) ? nameFields(record, layout) : (record as Record<string, unknown>)
  for (const name of MONEY_FIELDS) {
    const amount = fields[name]
    if (typeof amount === 'string') fields[name] = BigInt(amount)
  }
  // Records from before there were tags and leases have none.
  fields['tags'] ??= []
  fields['leaseNumber'] ??= null
  return fields
}

/** What makes a record one that can be stored and billed at all; everything else the database judges. */
const requireFields = (record: Record<string, unknown>, amounts: readonly string[]): void => {
  for (const name of ['requestId', 'orgId'])
    if (typeof record[name] !== 'string') throw new SyntaxError(`the record is incomplete: ${name} is missing`)
  for (const name of amounts)
    if (typeof record[name] !== 'bigint') throw new SyntaxError(`the record is incomplete: ${name} is missing`)
}

/** Without which no event is stored. */
const EVENT_AMOUNTS = ['costPusd', 'billedPusd', 'absorbedPusd', 'estimatePusd'] as const

/** Reads what `encodeUsageRecord` wrote, or an array in the order above. @throws SyntaxError on damaged or incomplete text. */
export const decodeUsageEvent = (text: string): UsageEvent => {
  const record = readRecord(text, EVENT_LAYOUT)
  requireFields(record, EVENT_AMOUNTS)
  return record as unknown as UsageEvent
}

/** Likewise, for a begin record. @throws SyntaxError on damaged or incomplete text. */
export const decodeAttemptBegin = (text: string): AttemptBegin => {
  const record = readRecord(text, BEGIN_LAYOUT)
  requireFields(record, ['estimatePusd'])
  return record as unknown as AttemptBegin
}

/** First day of the UTC month, `YYYY-MM-01`. */
export const billingPeriodOf = (atMs: number): string => {
  // Called for every attempt, nearly always in the same month as the last one.
  if (atMs < lastMonth.fromMs || atMs >= lastMonth.toMs) {
    const at = new Date(atMs)
    const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()]
    lastMonth = {
      fromMs: Date.UTC(year, month),
      toMs: Date.UTC(year, month + 1),
      period: `${at.toISOString().slice(0, 7)}-01`,
    }
  }
  return lastMonth.period
}

let lastMonth = { fromMs: 0, toMs: 0, period: '' }

/**
 * The terminal event of an attempt whose proxy died before settling: the customer pays nothing for what was never confirmed delivered,
 * and the cost stays unknown (null units, cost 0) until the provider's own report trues it up.
 */
export const killedEvent = (
  begin: AttemptBegin,
  origin: { proxyId: string; proxyBootId: string; proxySeq: number },
  endedAtMs: number,
): UsageEvent => ({
  ...begin,
  ...origin,
  kind: 'settle',
  seq: 0,
  modelServed: null,
  firstByteAtMs: null,
  endedAtMs,
  units: {},
  usageSource: 'none',
  providerUsageRaw: null,
  providerRequestId: null,
  providerStatedCostPusd: null,
  costPusd: 0n as Pusd,
  billedPusd: 0n as Pusd,
  absorbedPusd: 0n as Pusd,
  absorbedReason: 'killed',
  outcome: 'killed',
  isFinal: true,
  httpStatus: 0,
  errorCode: 'gateway_killed',
  trail: [],
})
