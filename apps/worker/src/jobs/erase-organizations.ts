import type { Deps } from '../deps.ts'

const DUE = `SELECT id FROM organization WHERE deletion_due_at <= now() AND erased_at IS NULL ORDER BY deletion_due_at`

/**
 * Erases what can be erased of the organizations whose week is over: secrets, names, addresses, details in the record of acts. Money facts stay.
 * One that fails is tried again in an hour and keeps none of the others waiting.
 */
export const eraseOrganizations = async ({
  pool,
  log,
}: Pick<Deps, 'pool'> & { readonly log: Pick<Deps['log'], 'info' | 'error'> }): Promise<void> => {
  const { rows } = await pool.query<{ id: string }>(DUE)
  for (const { id: orgId } of rows) {
    try {
      const erased = await pool.query<{ people: number }>('SELECT erase_organization($1) AS people', [orgId])
      log.info('organization-erased', { orgId, people: erased.rows[0]?.people ?? 0 })
    } catch (error) {
      log.error('organization-not-erased', { orgId, error: error instanceof Error ? error.message : String(error) })
    }
  }
}
