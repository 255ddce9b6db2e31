import { pusd, type Pusd } from '@atpar/core/money'
import { proveEventsEqualLedger, type ProofResult } from '@atpar/core/proofs'
import { amountOf } from './amount-column.ts'
import { freezeDays, readDigests } from './day-digests.ts'
import type { Witness } from './evidence.ts'
import type { Reader } from './transaction.ts'
import type { OrgPeriod } from './usage-figures.ts'

/** Above it the events of a period are not read again at its close; see .github/decisions/0006. */
export const MANY_EVENTS = 100_000n

/** Brings the digests of a big period up to date. To be called before the lock, where it may take minutes, and again under it, where it finds little. */
export const prepareWitness = async (reader: Reader, scope: OrgPeriod): Promise<Witness> => {
  const { rows } = await reader.query<{ count: string }>(
    'SELECT coalesce(sum(events), 0)::text AS count FROM usage_rollup_hourly WHERE org_id = $1 AND invoice_period = $2::date',
    [scope.orgId, scope.period],
  )
  if (BigInt(rows[0]?.count ?? 0) <= MANY_EVENTS) return 'events'
  await freezeDays(reader, scope)
  return 'digests'
}

const readLedger = async (reader: Reader, { orgId, period }: OrgPeriod): Promise<{ billed: Pusd; absorbed: Pusd }> => {
  const { rows } = await reader.query<{ billed: string; absorbed: string }>(
    `SELECT coalesce(sum(e.amount_pusd) FILTER (WHERE e.account = 'unbilled_usage'), 0)::text AS billed, coalesce(sum(e.amount_pusd) FILTER (WHERE e.account = 'absorbed'), 0)::text AS absorbed
    FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id WHERE t.org_id = $1 AND t.period = $2::date AND t.kind = 'usage'`,
    [orgId, period],
  )
  return { billed: amountOf(rows[0]?.billed), absorbed: amountOf(rows[0]?.absorbed) }
}

/** P1 with digests in the place of events. */
export const proveP1Frozen = async (reader: Reader, scope: OrgPeriod): Promise<ProofResult> => {
  const digests = await readDigests(reader, scope)
  const ledger = await readLedger(reader, scope)
  return proveEventsEqualLedger({
    eventCount: digests.eventCount,
    eventBilled: pusd(digests.billedPusd),
    eventAbsorbed: pusd(digests.absorbedPusd),
    rollupCount: digests.rollupCount,
    rollupBilled: pusd(digests.rollupBilled),
    rollupAbsorbed: pusd(digests.rollupAbsorbed),
    ledgerBilled: ledger.billed,
    ledgerAbsorbed: ledger.absorbed,
    mismatchedGroups: digests.differingDays,
  })
}
