import { appendFile } from 'node:fs/promises'
import { formatAnchor, type Anchor } from '../audit/anchor-line.ts'
import { inTransaction } from '../billing/transaction.ts'
import type { Deps } from '../deps.ts'

/** The ends of all chains, once a day and organization. Real time: an anchor is evidence of when, and the clock of a test installation is not. */
const TAKE_ANCHORS = `
  INSERT INTO audit_anchor (org_id, day, sequence, hash)
  SELECT h.org_id, $1::date, h.sequence, h.hash FROM audit_head h
  WHERE NOT EXISTS (SELECT 1 FROM audit_anchor a WHERE a.org_id = h.org_id AND a.sequence = h.sequence)
  ON CONFLICT (org_id, day) DO NOTHING
  RETURNING org_id AS "orgId", day::text, sequence::text, encode(hash, 'hex') AS hash`

/**
 * Keeps the end of every organization's record where no role can change it, and as a signed line in a file meant to leave this machine.
 * An organization without a new entry since its last anchor gets none.
 */
export const anchorAudit = async ({
  pool,
  wallMs,
  log,
  anchors,
}: Pick<Deps, 'pool' | 'wallMs' | 'anchors'> & { readonly log: Pick<Deps['log'], 'info'> }): Promise<void> => {
  const day = new Date(wallMs()).toISOString().slice(0, 10)
  const taken = await inTransaction(pool, async (connection) => {
    const { rows } = await connection.query<Anchor>(TAKE_ANCHORS, [day])
    // Before the commit: a line written twice is harmless, one that is missing is not.
    if (anchors !== null && rows.length > 0)
      await appendFile(anchors.file, rows.map((anchor) => `${formatAnchor(anchor, anchors.seed)}\n`).join(''), {
        flush: true,
      })
    return rows.length
  })
  log.info('audit-anchored', { day, organizations: taken })
}
