import { z } from 'zod'
import type { ChainLink } from '@atpar/db/audit-chain'
import { CHAIN_PAGE, readChainPage } from '@atpar/db/audit-verification'
import { defineAct } from '../define-act.ts'

export interface AuditExportPage {
  /** Every field as the text that was hashed. */
  readonly entries: readonly ChainLink[]
  /** For `after` of the next page; null at the end. */
  readonly next: string | null
}

/** The whole record in the order of its chain, page by page; the first page is recorded as an act. */
export const exportAuditAct = defineAct({
  name: 'export-audit',
  effect: 'read',
  permission: 'audit:read',
  input: z.strictObject({
    /** Sequence of the last entry of the page before. */
    after: z
      .string()
      .regex(/^\d{1,18}$/)
      .default('0'),
  }),
  run: async (act, { after }): Promise<AuditExportPage> => {
    if (after === '0') await act.audit({ action: 'audit-exported', subjectKind: 'organization', subjectId: act.orgId })
    const entries = await readChainPage(act.tx, act.orgId, after)
    return { entries, next: entries.length < CHAIN_PAGE ? null : (entries.at(-1)?.sequence ?? null) }
  },
})
