import { evidenceDayHash, EVIDENCE_ORDER, EVIDENCE_VERSION } from '@atpar/db/evidence-sql'
import type { Reader } from './transaction.ts'
import { eventsOfPeriod, MISDATED, type OrgPeriod } from './usage-figures.ts'

export interface DayEvidence {
  /** UTC, `YYYY-MM-DD`. */
  readonly day: string
  readonly eventCount: bigint
  readonly billedPusd: bigint
  readonly sha256: string
}

export interface EventEvidence {
  readonly eventCount: bigint
  readonly billedPusd: bigint
  /** See `EVIDENCE_RULE`. */
  readonly sha256: string
  readonly days: readonly DayEvidence[]
  /** Events that say another month or millisecond than their id does. */
  readonly misdated: bigint
  /** Events of a key that is another organization's. */
  readonly foreign: bigint
}

/** Version 1 hashed keys and amounts only: "request_id:attempt:kind:seq:billed_pusd". Invoices issued then are proven by it for ever. */
const DAY_HASH_V1 = `encode(sha256(convert_to(string_agg(request_id || ':' || attempt || ':' || kind || ':' || seq || ':' || billed_pusd, E'\\n'
  ORDER BY ${EVIDENCE_ORDER}), 'UTF8')), 'hex')`

interface EvidenceRow {
  readonly count: string
  readonly billed: string
  readonly hash: string
  readonly misdated: string
  readonly foreign_events: string
  readonly days: readonly { day: string; count: string; billed: string; hash: string }[]
}

const overDays = (days: string): string => `
  SELECT coalesce(sum(count), 0)::text AS count, coalesce(sum(billed), 0)::text AS billed,
    encode(sha256(convert_to(coalesce(string_agg(day || ' ' || hash, E'\\n' ORDER BY day), ''), 'UTF8')), 'hex') AS hash,
    coalesce(sum(misdated), 0)::text AS misdated, coalesce(sum(foreign_events), 0)::text AS foreign_events,
    coalesce(jsonb_agg(jsonb_build_object('day', day, 'count', count::text, 'billed', billed::text, 'hash', hash) ORDER BY day), '[]') AS days
  FROM (${days}) AS days`

const KEY_OWNER =
  'LEFT JOIN (SELECT id AS known_key, org_id AS owner_id FROM api_key) AS owner ON owner.known_key = usage_event.key_id'

const fromEvents = (dayHash: string): string =>
  overDays(`SELECT (started_at AT TIME ZONE 'UTC')::date::text AS day, count(*) AS count, sum(billed_pusd) AS billed, ${dayHash} AS hash,
      count(*) FILTER (WHERE ${MISDATED}) AS misdated, count(*) FILTER (WHERE owner_id <> $1) AS foreign_events
    ${eventsOfPeriod(KEY_OWNER)} GROUP BY 1`)

const toEvidence = (row: EvidenceRow | undefined): EventEvidence => ({
  eventCount: BigInt(row?.count ?? 0),
  billedPusd: BigInt(row?.billed ?? 0),
  sha256: row?.hash ?? '',
  days: (row?.days ?? []).map((day) => ({
    day: day.day,
    eventCount: BigInt(day.count),
    billedPusd: BigInt(day.billed),
    sha256: day.hash,
  })),
  misdated: BigInt(row?.misdated ?? 0),
  foreign: BigInt(row?.foreign_events ?? 0),
})

/** What a close is proven from: the events themselves, or the digests of its days. The nightly proofs always read the events. */
export type Witness = 'events' | 'digests'

/** `version` is the rule by which the invoice was issued; digests know the newest only, and must be fresh. */
export const readEvidence = (
  reader: Reader,
  scope: OrgPeriod,
  { witness, version = EVIDENCE_VERSION }: { readonly witness: Witness; readonly version?: number },
): Promise<EventEvidence> =>
  witness === 'events' ? readFromEvents(reader, scope, version) : readFromDigests(reader, scope)

/** All of them, in one scan. */
const readFromEvents = async (
  reader: Reader,
  { orgId, period }: OrgPeriod,
  version: number,
): Promise<EventEvidence> => {
  const dayHash = version === 1 ? DAY_HASH_V1 : evidenceDayHash(version === 2 ? 2 : EVIDENCE_VERSION)
  const { rows } = await reader.query<EvidenceRow>({
    name: `evidence-${version}`,
    text: fromEvents(dayHash),
    values: [orgId, period],
  })
  return toEvidence(rows[0])
}

const readFromDigests = async (reader: Reader, scope: OrgPeriod): Promise<EventEvidence> => {
  const { rows } = await reader.query<EvidenceRow>(
    overDays(`SELECT day::text AS day, event_count AS count, billed_pusd AS billed, encode(events_sha256, 'hex') AS hash, misdated, foreign_events
      FROM usage_day_digest WHERE org_id = $1 AND invoice_period = $2::date`),
    [scope.orgId, scope.period],
  )
  return toEvidence(rows[0])
}
