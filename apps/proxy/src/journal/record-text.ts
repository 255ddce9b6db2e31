import type { UsageUnits } from '@atpar/core/usage'
import type { AttemptBegin, AttemptEnd, TrailStep } from '@atpar/core/usage-event'

/**
 * Lines of a journal segment, one record each:
 *   b <seq> <AttemptBegin as an array>   an attempt is about to be sent
 *   s <seq> <UsageEvent as an array>     it ended, with what it cost
 *   x <seq>                              its begin was refused by the disk: the request was never sent, no event will come
 *   e                                    the boot ended in good order: nothing follows
 * The texts are put together by hand: JSON.stringify with a replacer for money took 14 µs a pair, this takes a quarter of it. Between fields stands a
 * comma and a tab (`BETWEEN_FIELDS` of core's usage-row says why).
 */

/** Anything but printable characters other than the quote and the backslash; halves of surrogate pairs go to JSON.stringify too. */
const NEEDS_ESCAPE = /[^ !#-[\]-\ud7ff\ue000-\uffff]/
const text = (value: string | null): string =>
  value === null ? 'null' : NEEDS_ESCAPE.test(value) ? JSON.stringify(value) : `"${value}"`
/** For values that we made ourselves (ids) and that hold nothing to escape, as names of providers, formats and endpoints do not either. */
const plain = (value: string | null): string => (value === null ? 'null' : `"${value}"`)
const money = (value: bigint | null): string => (value === null ? 'null' : `"${value}"`)

/** The fields of `BEGIN_FIELDS`, in their order. */
export const encodeBegin = (begin: AttemptBegin): string =>
  flatten(
    `[${plain(begin.requestId)},\t${begin.attempt},\t${plain(begin.orgId)},\t${plain(begin.teamId)},\t${plain(begin.memberId)},\t${plain(begin.keyId)}` +
      `,\t"${begin.endpoint}",\t"${begin.callerDialect}",\t${begin.streamed},\t"${begin.provider}",\t${text(begin.offeringId)},\t${text(begin.modelRequested)},\t${text(begin.modelId)}` +
      `,\t${plain(begin.routeVersionId)},\t${text(begin.serviceTier)},\t"${begin.funding}",\t${begin.startedAtMs},\t"${begin.billingPeriod}",\t${begin.priceBookId}` +
      `,\t${money(begin.estimatePusd)},\t${begin.tags.length === 0 ? '[]' : JSON.stringify(begin.tags)},\t${begin.leaseNumber}]`,
  )

/**
 * A text put together from forty pieces stays a tree of them, three times as large as what it says, until something reads it through. A begin is
 * kept for as long as its request runs, so it is read through at once, by the cheapest reading there is.
 */
const flatten = (text: string): string => {
  Number(text)
  return text
}

/** Names of buckets hold nothing to escape. */
const unitsText = (units: UsageUnits): string => {
  let members = ''
  for (const bucket in units) {
    const count = units[bucket as keyof UsageUnits]
    if (count !== undefined) members += `${members === '' ? '' : ','}"${bucket}":${count}`
  }
  return `{${members}}`
}

/** Nearly always one step: the attempt that served. */
const trailText = (trail: readonly TrailStep[]): string => {
  const [step] = trail
  if (step === undefined || trail.length > 1 || step.httpStatus === undefined || step.durationMs === undefined)
    return JSON.stringify(trail)
  const { attempt, offeringId, provider, result, reason, httpStatus, durationMs } = step
  return (
    `[{"attempt":${attempt},"offeringId":${text(offeringId)},"provider":"${provider}","result":"${result}","reason":${text(reason)}` +
    `,"httpStatus":${httpStatus},"durationMs":${durationMs}}]`
  )
}

/** An event: the text of its attempt's begin, and behind it the fields of `END_FIELDS`. */
export const encodeEnd = (begin: string, end: AttemptEnd): string =>
  `${begin.slice(0, -1)},\t"${end.kind}",\t${end.seq},\t${text(end.modelServed)},\t${text(end.serviceTier)},\t${end.firstByteAtMs},\t${end.endedAtMs}` +
  `,\t${unitsText(end.units)},\t"${end.usageSource}",\t${JSON.stringify(end.providerUsageRaw ?? null)},\t${text(end.providerRequestId)}` +
  `,\t${money(end.providerStatedCostPusd)},\t${money(end.costPusd)},\t${money(end.billedPusd)},\t${money(end.absorbedPusd)},\t${text(end.absorbedReason)}` +
  `,\t"${end.outcome}",\t${end.isFinal},\t${end.httpStatus},\t${text(end.errorCode)},\t${trailText(end.trail)},\t${text(end.proxyId)},\t${plain(end.proxyBootId)}` +
  `,\t${end.proxySeq}]`

/** What a line begins with, before its text. */
export const beginMark = (seq: number): string => `b ${seq} `
export const settleMark = (seq: number): string => `s ${seq} `
export const refusedLine = (seq: number): string => `x ${seq}\n`
export const END_LINE = 'e\n'

export type JournalLine =
  | { readonly kind: 'begin' | 'settle'; readonly seq: number; readonly json: string }
  | { readonly kind: 'refused'; readonly seq: number }
  | { readonly kind: 'end' }
  /** `seq` is null when not even the number can be read. */
  | { readonly kind: 'damaged'; readonly seq: number | null }

const NUMBERED = /^[bsx] (\d{1,15})(?: |$)/
const SEQ = /^\d{1,15}$/

/** Reads one line without its newline. Whether the JSON inside is sound is for whoever needs it to find out: most begins never are. */
export const parseLine = (line: string): JournalLine => {
  if (line === 'e') return { kind: 'end' }
  const space = line.indexOf(' ', 2)
  const number = space === -1 ? line.slice(2) : line.slice(2, space)
  if (line[1] === ' ' && SEQ.test(number)) {
    const isWhole = line[space + 1] === '[' ? line.endsWith(']') : line[space + 1] === '{' && line.endsWith('}')
    if (line[0] === 'b' && isWhole) return { kind: 'begin', seq: Number(number), json: line.slice(space + 1) }
    if (line[0] === 's' && isWhole) return { kind: 'settle', seq: Number(number), json: line.slice(space + 1) }
    if (line[0] === 'x' && space === -1) return { kind: 'refused', seq: Number(number) }
  }
  const numbered = NUMBERED.exec(line)?.[1]
  return { kind: 'damaged', seq: numbered === undefined ? null : Number(numbered) }
}
