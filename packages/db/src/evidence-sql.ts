import { USAGE_BUCKETS, type UsageBucket } from '@atpar/core/usage'

/**
 * One usage event as one line of text, the same wherever it is written: hashed into the evidence of an invoice, printed as a row of the
 * customer's usage.csv. Whoever holds that file can compute the evidence hash again.
 */

/** Quoted where RFC 4180 asks for it. A leading apostrophe keeps a spreadsheet from running a name as a formula. */
const csvText = (column: string): string =>
  `CASE WHEN ${column} ~ '^[=+@\\t-]|[",\\n\\r]' THEN '"' || regexp_replace(replace(${column}, '"', '""'), '^([=+@\\t-])', '''\\1') || '"' ELSE coalesce(${column}, '') END`

/** How the evidence of an invoice is hashed. Stored with it, so that a later rule does not turn an old invoice false. */
export type EvidenceVersion = 2 | 3
export const EVIDENCE_VERSION: EvidenceVersion = 3

/** Each bucket has a column. Which there were is part of the rule: nothing was counted in a later one while an earlier version was in force. */
const BUCKETS: Readonly<Record<EvidenceVersion, readonly UsageBucket[]>> = {
  2: USAGE_BUCKETS.filter((bucket) => bucket !== 'cache_read_audio' && bucket !== 'images'),
  3: USAGE_BUCKETS,
}

type Field = readonly [name: string, sql: string]

const listFields = (version: EvidenceVersion): readonly Field[] => [
  ['request_id', 'request_id::text'],
  ['attempt', 'attempt::text'],
  ['kind', 'kind'],
  ['seq', 'seq::text'],
  ['started_at', `to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`],
  ['month', 'billing_period::text'],
  ['provider', csvText('provider')],
  ['model', csvText('model_id')],
  ['offering', csvText('offering_id')],
  ['service_tier', csvText('service_tier')],
  ['funding', 'funding'],
  ['price_book', 'price_book_id::text'],
  ...BUCKETS[version].map((bucket) => [bucket, `coalesce(units ->> '${bucket}', '')`] as const),
  ['cost_pusd', 'cost_pusd::text'],
  ['billed_pusd', 'billed_pusd::text'],
  ['absorbed_pusd', 'absorbed_pusd::text'],
  ['absorbed_reason', `coalesce(absorbed_reason, '')`],
]

/** Names of the fields, in their order. */
export const evidenceFields = (version: EvidenceVersion): readonly string[] => listFields(version).map(([name]) => name)

/** The line of one event, an expression over `usage_event`. */
export const evidenceLine = (version: EvidenceVersion): string =>
  `(${listFields(version)
    .map(([, sql]) => sql)
    .join(` || ',' || `)})`

/** SHA-256 of that line, hexadecimal. */
const evidenceLineHash = (version: EvidenceVersion): string =>
  `encode(sha256(convert_to(${evidenceLine(version)}, 'UTF8')), 'hex')`

/** The one order of events, inside a day. */
export const EVIDENCE_ORDER = 'request_id, attempt, kind COLLATE "C", seq'

/** Hash of one UTC day, an aggregate over its events. By hashes of lines, because the lines of a busy day can pass Postgres' 1 GB of text. */
export const evidenceDayHash = (version: EvidenceVersion): string =>
  `encode(sha256(convert_to(string_agg(${evidenceLineHash(version)}, E'\\n' ORDER BY ${EVIDENCE_ORDER}), 'UTF8')), 'hex')`

export const EVIDENCE_RULE =
  'SHA-256 of every row of usage.csv up to and without the column "prices"; for each UTC day of use SHA-256 over those hashes (hexadecimal, in the order of the file, joined by a line feed); then SHA-256 over the lines "YYYY-MM-DD <hash of that day>" in order, joined by a line feed.'
