import type { DunningStage } from '@atpar/core/dunning'
import { inTransaction } from '../billing/transaction.ts'
import type { Deps } from '../deps.ts'
import { writeDunningMail } from '../notices/dunning-mail.ts'
import { findPayers } from '../notices/find-payers.ts'

interface NoticeRow {
  readonly org_id: string
  readonly invoice_id: string
  readonly stage: Exclude<DunningStage, 'none'>
  readonly number: string
  readonly cents: string
  readonly due_at: Date
}

/** One at a time; those of the others stay locked by whoever tells of them now. */
const CLAIM = `
  SELECT n.org_id, n.invoice_id, n.stage, i.number, coalesce(c.amount_cents + coalesce(c.tax_cents, 0), i.total_cents)::text AS cents, coalesce(c.due_at, i.issued_at) AS due_at
  FROM dunning_notice n JOIN invoice i ON i.id = n.invoice_id LEFT JOIN invoice_collection c ON c.invoice_id = n.invoice_id
  WHERE n.told_at IS NULL ORDER BY n.noted_at LIMIT 1 FOR UPDATE OF n SKIP LOCKED`

const TOLD = 'UPDATE dunning_notice SET told_at = now() WHERE invoice_id = $1 AND stage = $2'

const tellNext = (deps: Deps): Promise<boolean> =>
  inTransaction(deps.pool, async (connection) => {
    const { rows } = await connection.query<NoticeRow>(CLAIM)
    const [row] = rows
    if (row === undefined) return false
    const { orgSlug, orgName, payers } = await findPayers(connection, row.org_id)
    const mail = writeDunningMail({
      stage: row.stage,
      number: row.number,
      totalCents: BigInt(row.cents),
      dueAtMs: row.due_at.getTime(),
      orgName,
      payUrl: `${deps.dashboardUrl}/${orgSlug}/settings/billing`,
    })
    for (const { userId, email } of payers)
      await deps.producer.add(
        'send-email',
        { to: email, ...mail },
        { jobId: `dunning-${row.invoice_id}-${row.stage}-${userId}` },
      )
    await connection.query(TOLD, [row.invoice_id, row.stage])
    return true
  })

/** Each stage of each unpaid invoice once: told only when all its mails are queued, and their job ids keep a repeated run from sending them again. */
export const tellDunning = async (deps: Deps): Promise<number> => {
  let told = 0
  while (await tellNext(deps)) told += 1
  return told
}
