import { z } from 'zod'
import type { ChainReport } from '@atpar/db/audit-chain'
import { verifyAuditChain } from '@atpar/db/audit-verification'
import { defineAct } from '../define-act.ts'

/** Recomputes the chain of the organization's record from its first entry. */
export const verifyAuditAct = defineAct({
  name: 'verify-audit',
  effect: 'read',
  permission: 'audit:read',
  input: z.strictObject({}),
  run: (act): Promise<ChainReport> => verifyAuditChain(act.tx, act.orgId),
})
