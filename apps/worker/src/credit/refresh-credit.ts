import { isSuspended } from '@atpar/core/dunning'
import { inTransaction, type Connection } from '../billing/transaction.ts'
import type { Deps } from '../deps.ts'
import { decideCredit, hasChanged, readCreditFacts, type CreditFacts, type CreditState } from './credit-facts.ts'

const STORE = `
  UPDATE credit_standing SET line_pusd = $2, owed_pusd = $3, dunning_stage = $4, oldest_unpaid_id = $5, oldest_unpaid_due_at = $6, refreshed_at = now() WHERE org_id = $1`

/** A limit that moved is a change of its version: counters keep what was spent, and proxies read the caller again. */
const ENFORCE = 'UPDATE budget SET limit_pusd = $2, version = version + 1 WHERE id = $1 AND limit_pusd <> $2'

/** While an organization is being deleted it stays stopped; what it comes back to is what changes. */
const SUSPEND = `
  UPDATE organization SET status = CASE WHEN deletion_due_at IS NULL THEN 'suspended' ELSE status END,
    status_before_deletion = CASE WHEN deletion_due_at IS NULL THEN status_before_deletion ELSE 'suspended' END
  WHERE id = $1 AND status <> 'closed'`
const RESUME = SUSPEND.replaceAll(`'suspended'`, `'active'`)

const NOTE = `
  INSERT INTO dunning_notice (org_id, invoice_id, stage) VALUES ($1, $2, $3) ON CONFLICT (invoice_id, stage) DO NOTHING`

const store = async (connection: Connection, facts: CreditFacts, state: CreditState): Promise<boolean> => {
  const { orgId, oldestUnpaid, stored } = facts
  await connection.query(STORE, [
    orgId,
    state.linePusd.toString(),
    state.owedPusd.toString(),
    state.stage,
    oldestUnpaid?.invoiceId ?? null,
    oldestUnpaid === null ? null : new Date(oldestUnpaid.dueAtMs),
  ])
  if (oldestUnpaid !== null && state.stage !== 'none')
    await connection.query(NOTE, [orgId, oldestUnpaid.invoiceId, state.stage])
  const turned = isSuspended(state.stage) !== isSuspended(stored.stage)
  if (turned) await connection.query(isSuspended(state.stage) ? SUSPEND : RESUME, [orgId])
  if (stored.budget === null) return turned
  const { rowCount } = await connection.query(ENFORCE, [stored.budget.id, state.limitPusd.toString()])
  return turned || rowCount === 1
}

/** Read and written under one lock, so that of two runs the later one writes what is true. True when proxies must hear of it. */
const refreshOne = (deps: Deps, orgId: string, nowMs: number): Promise<boolean> =>
  inTransaction(deps.pool, async (connection) => {
    await connection.query('SELECT 1 FROM credit_standing WHERE org_id = $1 FOR UPDATE', [orgId])
    const [facts] = await readCreditFacts(connection, { orgId, nowMs })
    if (facts === undefined) return false
    const state = decideCredit(facts, nowMs)
    if (!hasChanged(facts, state)) return false
    if (facts.stored.stage !== state.stage)
      deps.log.info('dunning-stage', { orgId, from: facts.stored.stage, to: state.stage })
    return store(connection, facts, state)
  })

/**
 * Brings the credit of one organization, or of all, to what history, ledger and clock say: the line, the limit that enforces it, the stage of dunning and
 * whether it is suspended. Reads only facts, so it may run at any time and any number of times. Returns how many the proxies were told of.
 */
export const refreshCreditStanding = async (
  deps: Deps,
  { orgId, nowMs }: { readonly orgId: string | null; readonly nowMs: number },
): Promise<number> => {
  const stale = (await readCreditFacts(deps.pool, { orgId, nowMs })).filter((facts) =>
    hasChanged(facts, decideCredit(facts, nowMs)),
  )
  let told = 0
  for (const facts of stale) if (await refreshOne(deps, facts.orgId, nowMs)) told += 1
  return told
}
