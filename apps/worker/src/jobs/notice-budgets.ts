import { inTransaction } from '../billing/transaction.ts'
import { readClockOffset } from '../clock.ts'
import type { Deps } from '../deps.ts'
import { findConcerned } from '../notices/find-recipients.ts'
import { findCrossings, readWatchedBudgets, type BudgetFacts, type Crossing } from '../notices/find-crossings.ts'
import { writeNotice } from '../notices/notice-mail.ts'

const NOTE = `
  INSERT INTO budget_notice (org_id, budget_id, period_id, threshold) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[])
  ON CONFLICT (budget_id, period_id, threshold) DO NOTHING`

const UNTOLD = 'SELECT DISTINCT budget_id FROM budget_notice WHERE told_at IS NULL AND budget_id = ANY ($1)'

/** Those of the others stay locked by whoever tells of them now. */
const CLAIM = `
  SELECT threshold FROM budget_notice WHERE budget_id = $1 AND period_id = $2 AND told_at IS NULL ORDER BY threshold FOR UPDATE SKIP LOCKED`

const TOLD = 'UPDATE budget_notice SET told_at = now() WHERE budget_id = $1 AND period_id = $2 AND threshold = ANY ($3)'

const note = async ({ pool }: Deps, crossings: readonly Crossing[]): Promise<void> => {
  await pool.query(NOTE, [
    crossings.map(({ orgId }) => orgId),
    crossings.map(({ budgetId }) => budgetId),
    crossings.map(({ periodId }) => periodId),
    crossings.map(({ threshold }) => threshold),
  ])
}

/**
 * Queues the mails of one budget's new crossings. They count as told only once all are queued, in one transaction: a run that dies is repeated, and
 * the ids of its jobs keep what it had queued from going out twice.
 */
const tell = (deps: Deps, budget: BudgetFacts): Promise<number> =>
  inTransaction(deps.pool, async (connection) => {
    const { rows } = await connection.query<{ threshold: number }>(CLAIM, [budget.budgetId, budget.periodId])
    if (rows.length === 0) return 0
    const { orgSlug, holderName, recipients } = await findConcerned(connection, budget)
    for (const { threshold } of rows) {
      const mail = writeNotice({ budget, threshold, holderName, dashboardUrl: deps.dashboardUrl, orgSlug })
      for (const { userId, email } of recipients)
        await deps.producer.add(
          'send-email',
          { to: email, ...mail },
          { jobId: `budget-${budget.budgetId}-${budget.periodId}-${threshold}-${userId}` },
        )
    }
    await connection.query(TOLD, [budget.budgetId, budget.periodId, rows.map(({ threshold }) => threshold)])
    return rows.length * recipients.length
  })

/** Tells people, once per budget, period and threshold, that a budget is nearly used up or is. It reads what Postgres has and may run any number of times. */
export const noticeBudgets = async (deps: Deps): Promise<void> => {
  const nowMs = deps.wallMs() + (await readClockOffset(deps.pool))
  const crossed = (await readWatchedBudgets(deps.pool, nowMs)).filter((budget) => findCrossings(budget).length > 0)
  if (crossed.length === 0) return
  await note(deps, crossed.flatMap(findCrossings))
  const { rows } = await deps.pool.query<{ budget_id: string }>(UNTOLD, [crossed.map(({ budgetId }) => budgetId)])
  const untold = new Set(rows.map((row) => row.budget_id))
  let mails = 0
  for (const budget of crossed) if (untold.has(budget.budgetId)) mails += await tell(deps, budget)
  if (mails > 0) deps.log.info('budget-notices-queued', { mails })
}
