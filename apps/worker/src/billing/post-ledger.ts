import { randomBytes } from 'node:crypto'
import { uuidV7At } from '@atpar/core/ids'
import { assertBalanced, postUsageDifference, type LedgerPosting } from '@atpar/core/ledger'
import { pusd } from '@atpar/core/money'
import type { Pool } from '@atpar/db/pool'
import { inTransaction, lockLedger, type Connection, type Reader } from './transaction.ts'

export const newId = (): string => uuidV7At(Date.now(), randomBytes(10))

/** Writes one balanced posting. False when its natural key is there already: then it was posted before. */
export const writePosting = async (connection: Connection, posting: LedgerPosting): Promise<boolean> => {
  assertBalanced(posting)
  const id = newId()
  const { rowCount } = await connection.query(
    'INSERT INTO ledger_transaction (id, org_id, natural_key, kind, period, memo) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (natural_key) DO NOTHING',
    [id, posting.orgId, posting.naturalKey, posting.kind, posting.period, posting.memo],
  )
  if (rowCount === 0) return false
  await connection.query(
    `INSERT INTO ledger_entry (id, org_id, transaction_id, account, amount_pusd)
      SELECT entry.id, $1, $2, entry.account, entry.amount FROM unnest($3::uuid[], $4::text[], $5::numeric[]) AS entry (id, account, amount)`,
    [
      posting.orgId,
      id,
      posting.entries.map(newId),
      posting.entries.map((entry) => entry.account),
      posting.entries.map((entry) => entry.amountPusd.toString()),
    ],
  )
  return true
}

interface DifferenceRow {
  readonly org_id: string
  readonly period: string
  readonly day: string
  readonly provider: string
  readonly rollup_billed: string
  readonly rollup_absorbed: string
  readonly posted_billed: string
  readonly posted_absorbed: string
  readonly posted_count: number
}

/** Days of open periods whose postings are not what the roll-ups say. A posting's day and provider stand in its natural key. */
const DIFFERENCES = `
  WITH rollup AS (
    SELECT org_id, invoice_period AS period, (hour AT TIME ZONE 'UTC')::date AS day, provider, sum(billed_pusd) AS billed, sum(absorbed_pusd) AS absorbed
    FROM usage_rollup_hourly WHERE funding = 'platform' AND ($1::uuid IS NULL OR org_id = $1) GROUP BY 1, 2, 3, 4
  ), posted AS (
    SELECT t.org_id, t.period, split_part(t.natural_key, ':', 4)::date AS day, split_part(t.natural_key, ':', 5) AS provider, count(DISTINCT t.id)::int AS count,
      coalesce(sum(e.amount_pusd) FILTER (WHERE e.account = 'unbilled_usage'), 0) AS billed, coalesce(sum(e.amount_pusd) FILTER (WHERE e.account = 'absorbed'), 0) AS absorbed
    FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id
    WHERE t.kind = 'usage' AND ($1::uuid IS NULL OR t.org_id = $1) GROUP BY 1, 2, 3, 4
  )
  SELECT org_id, period::text, day::text, provider, coalesce(rollup.billed, 0)::text AS rollup_billed, coalesce(rollup.absorbed, 0)::text AS rollup_absorbed,
    coalesce(posted.billed, 0)::text AS posted_billed, coalesce(posted.absorbed, 0)::text AS posted_absorbed, coalesce(posted.count, 0) AS posted_count
  FROM rollup FULL JOIN posted USING (org_id, period, day, provider)
  WHERE (coalesce(rollup.billed, 0) <> coalesce(posted.billed, 0) OR coalesce(rollup.absorbed, 0) <> coalesce(posted.absorbed, 0))
    AND NOT EXISTS (SELECT 1 FROM period_close c WHERE c.org_id = coalesce(rollup.org_id, posted.org_id) AND c.period = coalesce(rollup.period, posted.period))
  ORDER BY org_id, period, day, provider`

const readDifferences = async (reader: Reader, orgId: string | null): Promise<readonly DifferenceRow[]> => {
  const { rows } = await reader.query<DifferenceRow>(DIFFERENCES, [orgId])
  return rows
}

/** Posts what the ledger lacks of one organization's usage. The caller holds the ledger lock. Returns the number of postings. */
export const postMissingUsage = async (connection: Connection, orgId: string): Promise<number> => {
  let written = 0
  for (const row of await readDifferences(connection, orgId)) {
    const posting = postUsageDifference(
      { orgId: row.org_id, period: row.period, day: row.day, provider: row.provider },
      { billedPusd: pusd(BigInt(row.rollup_billed)), absorbedPusd: pusd(BigInt(row.rollup_absorbed)) },
      {
        billedPusd: pusd(BigInt(row.posted_billed)),
        absorbedPusd: pusd(BigInt(row.posted_absorbed)),
        count: row.posted_count,
      },
    )
    if (posting !== null && (await writePosting(connection, posting))) written += 1
  }
  return written
}

/** Brings the ledger of every organization up to its roll-ups. */
export const postAllUsage = async (pool: Pool): Promise<number> => {
  const behind = new Set((await readDifferences(pool, null)).map((row) => row.org_id))
  let written = 0
  for (const orgId of behind) {
    written += await inTransaction(pool, async (connection) => {
      await lockLedger(connection, orgId)
      return postMissingUsage(connection, orgId)
    })
  }
  return written
}
