import { DUNNING_STAGES, type DunningStage } from '@atpar/core/dunning'
import { pusd, ZERO_PUSD, type Pusd } from '@atpar/core/money'
import type { Tx } from './client.ts'
import type { OrgId } from './tenant.ts'

/** What an organization may owe, as the worker last found it: seconds ago. */
export interface CreditStanding {
  readonly linePusd: Pusd
  /** Unbilled usage and open invoices less what was paid in advance; below zero = a balance. */
  readonly owedPusd: Pusd
  readonly stage: DunningStage
  /** When the oldest unpaid invoice was due; null while nothing is overdue. */
  readonly oldestUnpaidDueAtMs: number | null
  readonly oldestUnpaidInvoiceId: string | null
  readonly refreshedAtMs: number
}

const isStage = (text: string): text is DunningStage => DUNNING_STAGES.some((stage) => stage === text)

/** Nothing is lent to an organization that has no standing. */
const NONE: CreditStanding = {
  linePusd: ZERO_PUSD,
  owedPusd: ZERO_PUSD,
  stage: 'none',
  oldestUnpaidDueAtMs: null,
  oldestUnpaidInvoiceId: null,
  refreshedAtMs: 0,
}

export const readCreditStanding = async (tx: Tx, orgId: OrgId): Promise<CreditStanding> => {
  const row = await tx.creditStanding.findUnique({ where: { orgId } })
  if (row === null) return NONE
  return {
    linePusd: pusd(row.linePusd),
    owedPusd: pusd(BigInt(row.owedPusd.toFixed(0))),
    stage: isStage(row.dunningStage) ? row.dunningStage : 'none',
    oldestUnpaidDueAtMs: row.oldestUnpaidDueAt?.getTime() ?? null,
    oldestUnpaidInvoiceId: row.oldestUnpaidId,
    refreshedAtMs: row.refreshedAt.getTime(),
  }
}
