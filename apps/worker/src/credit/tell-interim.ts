import { formatUsd, PUSD_PER_CENT, pusd } from '@atpar/core/money'
import { inTransaction } from '../billing/transaction.ts'
import type { Deps } from '../deps.ts'
import { findPayers } from '../notices/find-payers.ts'

interface InterimRow {
  readonly id: string
  readonly org_id: string
  readonly number: string
  readonly month: string
  readonly cents: string
}

/** One at a time; those of the others stay locked by whoever tells of them now. */
const CLAIM = `
  SELECT n.invoice_id AS id, n.org_id, i.number, to_char(i.period, 'YYYY-MM') AS month, i.total_cents::text AS cents
  FROM interim_notice n JOIN invoice i ON i.org_id = n.org_id AND i.id = n.invoice_id
  WHERE n.told_at IS NULL ORDER BY n.invoice_id LIMIT 1 FOR UPDATE OF n SKIP LOCKED`

const tellNext = (deps: Deps): Promise<boolean> =>
  inTransaction(deps.pool, async (connection) => {
    const { rows } = await connection.query<InterimRow>(CLAIM)
    const [row] = rows
    if (row === undefined) return false
    const { orgSlug, orgName, payers } = await findPayers(connection, row.org_id)
    const amount = `$${formatUsd(pusd(BigInt(row.cents) * PUSD_PER_CENT), 2)}`
    for (const { userId, email } of payers)
      await deps.producer.add(
        'send-email',
        {
          to: email,
          subject: `Interim invoice ${row.number} over ${amount}`,
          text: `${orgName} has used 80 % of its credit line, so what it used in ${row.month} so far is billed now: ${amount}, charged to the card on file. Once it is paid the line has room again, and the invoice of the month takes it off.

See it at ${deps.dashboardUrl}/${orgSlug}/invoices/${row.id}
`,
        },
        { jobId: `interim-${row.id}-${userId}` },
      )
    await connection.query('UPDATE interim_notice SET told_at = now() WHERE invoice_id = $1', [row.id])
    return true
  })

/** Each interim invoice once: told only when all its mails are queued, and their job ids keep a repeated run from sending them again. */
export const tellInterim = async (deps: Deps): Promise<number> => {
  let told = 0
  while (await tellNext(deps)) told += 1
  return told
}
