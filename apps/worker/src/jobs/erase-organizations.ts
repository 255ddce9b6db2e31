import type { Deps } from '../deps.ts'
import { writeOffResidue } from '../billing/write-off-residue.ts'
import { readClockOffset } from '../clock.ts'

const DUE = `SELECT id FROM organization WHERE deletion_due_at <= now() AND erased_at IS NULL ORDER BY deletion_due_at`
/** Their last month may be closed weeks after they are erased. */
const CARRYING = `SELECT o.id FROM organization o JOIN ledger_entry e ON e.org_id = o.id AND e.account = 'carry_over' WHERE o.erased_at IS NOT NULL
  GROUP BY o.id HAVING sum(e.amount_pusd) <> 0 ORDER BY o.id`

type EraseDeps = Pick<Deps, 'pool'> & { readonly log: Pick<Deps['log'], 'info' | 'error'> }

const writeOffResidues = async ({ pool, log }: EraseDeps): Promise<void> => {
  const nowMs = Date.now() + (await readClockOffset(pool))
  const { rows } = await pool.query<{ id: string }>(CARRYING)
  for (const { id: orgId } of rows) {
    try {
      if (await writeOffResidue(pool, { orgId, nowMs })) log.info('residue-written-off', { orgId })
    } catch (error) {
      log.error('residue-not-written-off', { orgId, error: error instanceof Error ? error.message : String(error) })
    }
  }
}

/**
 * Erases what can be erased of the organizations whose week is over: secrets, names, addresses, details in the record of acts. Money facts stay;
 * what they carried forward below any charge is written off.
 * One that fails is tried again in an hour and keeps none of the others waiting.
 */
export const eraseOrganizations = async ({ pool, log }: EraseDeps): Promise<void> => {
  const { rows } = await pool.query<{ id: string }>(DUE)
  for (const { id: orgId } of rows) {
    try {
      const erased = await pool.query<{ people: number }>('SELECT erase_organization($1) AS people', [orgId])
      log.info('organization-erased', { orgId, people: erased.rows[0]?.people ?? 0 })
    } catch (error) {
      log.error('organization-not-erased', { orgId, error: error instanceof Error ? error.message : String(error) })
    }
  }
  await writeOffResidues({ pool, log })
}
