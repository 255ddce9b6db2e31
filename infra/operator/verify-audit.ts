import { readFile } from 'node:fs/promises'
import type { Pool } from '@atpar/db/pool'
import { verifyAuditChainOf } from '@atpar/db/audit-verification'
import { asWitness, readAnchor, type Anchor } from '../../apps/worker/src/audit/anchor-line.ts'

export interface VerifyAuditOptions {
  readonly pool: Pool
  /** Null = every organization. */
  readonly orgSlug: string | null
  /** A file of signed lines that was kept elsewhere; null = the database's own anchors only. */
  readonly anchors: { readonly file: string; readonly seed: string } | null
}

export interface AuditVerdict {
  readonly lines: readonly string[]
  readonly allHold: boolean
}

const readAnchors = async ({ anchors }: VerifyAuditOptions): Promise<readonly Anchor[]> => {
  if (anchors === null) return []
  const text = await readFile(anchors.file, 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => readAnchor(line, anchors.seed))
}

/** Recomputes the record of acts of one organization or of all from its first entry. */
export const verifyAudit = async (options: VerifyAuditOptions): Promise<AuditVerdict> => {
  const { pool, orgSlug } = options
  const kept = await readAnchors(options)
  const { rows } = await pool.query<{ id: string; slug: string }>(
    'SELECT id, slug FROM organization WHERE $1::text IS NULL OR slug = $1 ORDER BY slug',
    [orgSlug],
  )
  if (rows.length === 0 && orgSlug !== null) throw new Error(`There is no organization with the slug "${orgSlug}".`)
  const lines: string[] = []
  let allHold = true
  for (const { id, slug } of rows) {
    const outside = kept.filter((anchor) => anchor.orgId === id).map(asWitness)
    const report = await verifyAuditChainOf(pool, id, outside)
    const isSound = report.faults.length === 0
    allHold &&= isSound
    lines.push(
      `${slug}: ${report.entries} entries checked, ${isSound ? 'none changed, removed, inserted or reordered' : 'TAMPERED WITH'}${report.erased > 0 ? `, personal details of ${report.erased} erased on record` : ''}; head ${report.headHash === '' ? 'none' : report.headHash}`,
      ...report.faults.map(({ sequence, what }) => `  ${sequence === 0 ? '' : `entry ${sequence} `}${what}`),
    )
  }
  return { lines, allHold }
}
