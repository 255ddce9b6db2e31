import { ACCOUNTS } from '@atpar/core/ledger'
import { pusd, type Pusd } from '@atpar/core/money'
import type { Tx } from './client.ts'
import { newId } from './new-id.ts'
import type { OrgId } from './tenant.ts'

/** What was paid in advance, or given, and not used to pay an invoice yet. From the ledger; zero or more. */
export const readPrepaidBalance = async (tx: Tx, orgId: OrgId): Promise<Pusd> => {
  const rows = await tx.$queryRaw<{ balance: string }[]>`
    SELECT (-coalesce(sum(amount_pusd), 0))::text AS balance FROM ledger_entry
    WHERE org_id = ${orgId}::uuid AND account IN (${ACCOUNTS.prepaidCredit}, ${ACCOUNTS.promoCredit})`
  return pusd(BigInt(rows[0]?.balance ?? '0'))
}

export interface AutoTopUpSettings {
  readonly isEnabled: boolean
  readonly thresholdCents: bigint
  readonly amountCents: bigint
  readonly dailyCapCents: bigint
  /** Why it waits for a person; null while it does not. */
  readonly pauseReason: string | null
}

/** Null until somebody set it. */
export const readAutoTopUp = async (tx: Tx, orgId: OrgId): Promise<AutoTopUpSettings | null> => {
  const row = await tx.autoTopUp.findUnique({ where: { orgId } })
  if (row === null) return null
  return {
    isEnabled: row.isEnabled,
    thresholdCents: row.thresholdCents,
    amountCents: row.amountCents,
    dailyCapCents: row.dailyCapCents,
    pauseReason: row.pausedAt === null ? null : (row.pauseReason ?? 'The last charge failed.'),
  }
}

/** Setting it ends a pause, and opens an epoch: the next low balance may charge once. */
export const setAutoTopUp = async (
  tx: Tx,
  orgId: OrgId,
  settings: Omit<AutoTopUpSettings, 'pauseReason'> & { readonly setByUserId: string | null },
): Promise<void> => {
  const { setByUserId, ...values } = settings
  const data = { ...values, setBy: setByUserId, pausedAt: null, pauseReason: null }
  await tx.autoTopUp.upsert({
    where: { orgId },
    create: { orgId, ...data },
    update: { ...data, epoch: { increment: 1 }, updatedAt: new Date() },
  })
}

export interface TopUpView {
  readonly topUpId: string
  readonly amountCents: bigint
  readonly isAutomatic: boolean
  readonly state: string
  readonly failure: string | null
  readonly createdAtMs: number
}

/** Newest first. One that nobody finished on Stripe's page stays `requested`. */
export const listTopUps = async (tx: Tx, orgId: OrgId, limit: number): Promise<readonly TopUpView[]> => {
  const rows = await tx.topUp.findMany({ where: { orgId }, orderBy: { createdAt: 'desc' }, take: limit })
  return rows.map((row) => ({
    topUpId: row.id,
    amountCents: row.amountCents,
    isAutomatic: row.triggerEpoch !== null,
    state: row.state,
    failure: row.failure,
    createdAtMs: row.createdAt.getTime(),
  }))
}

/** Before Stripe is asked: what is paid for is written down first. */
export const requestTopUp = async (
  tx: Tx,
  orgId: OrgId,
  { amountCents, userId }: { readonly amountCents: bigint; readonly userId: string | null },
): Promise<{ readonly topUpId: string }> => {
  const topUpId = newId()
  await tx.topUp.create({ data: { id: topUpId, orgId, amountCents, requestedBy: userId } })
  return { topUpId }
}

/** On which of Stripe's pages it is paid. */
export const noteTopUpPage = async (
  tx: Tx,
  orgId: OrgId,
  { topUpId, sessionId }: { readonly topUpId: string; readonly sessionId: string },
): Promise<void> => {
  await tx.topUp.updateMany({ where: { id: topUpId, orgId }, data: { stripeCheckoutSessionId: sessionId } })
}
