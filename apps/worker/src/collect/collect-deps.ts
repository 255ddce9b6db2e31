import type { Pool } from '@atpar/db/pool'
import { readClockOffset } from '../clock.ts'
import type { Deps } from '../deps.ts'
import type { CollectDeps } from './collecting.ts'

/** Null where nobody collects. */
export const collectDeps = async ({ pool, collecting, wallMs, log }: Deps): Promise<CollectDeps | null> =>
  collecting === null ? null : { pool, collecting, log, nowMs: wallMs() + (await readClockOffset(pool)) }

/** Without Stripe: what is issued is on record and collected by somebody else. Nothing is charged for it when a key is set later. */
export const leaveUncollected = async (pool: Pool): Promise<void> => {
  await pool.query(
    `UPDATE invoice_collection SET state = 'not_collected', updated_at = now() WHERE state = 'draft' AND attempts = 0`,
  )
}
