import { formatUsd, PUSD_PER_CENT, pusd } from '@atpar/core/money'
import { inTransaction } from '../billing/transaction.ts'
import type { Deps } from '../deps.ts'
import { findPayers } from '../notices/find-payers.ts'
import { takeUntold, type ToldTopUp } from './auto-top-up.ts'

const WORDS: Readonly<Record<ToldTopUp['state'], { readonly subject: string; readonly text: string }>> = {
  succeeded: {
    subject: 'was added to your balance',
    text: 'was charged to your card and added to the prepaid balance.',
  },
  failed: { subject: 'could not be charged', text: 'could not be charged. Nothing is tried again until you say so.' },
  canceled: { subject: 'was not charged', text: 'was cancelled. Nothing is tried again until you say so.' },
  requires_action: {
    subject: 'needs your confirmation',
    text: 'was not charged, because your bank wants you to confirm it. Nothing is tried again until you say so.',
  },
}

/** A mail for each automatic top-up. They count as told only once all mails are queued. */
export const tellTopUps = (deps: Deps): Promise<void> =>
  inTransaction(deps.pool, async (connection) => {
    for (const topUp of await takeUntold(connection)) {
      const { orgSlug, orgName, payers } = await findPayers(connection, topUp.org_id)
      const amount = `$${formatUsd(pusd(BigInt(topUp.cents) * PUSD_PER_CENT), 2)}`
      const { subject, text } = WORDS[topUp.state]
      for (const { userId, email } of payers)
        await deps.producer.add(
          'send-email',
          {
            to: email,
            subject: `${amount} ${subject}`,
            text: `An automatic top-up of ${amount} for ${orgName} ${text}\n\nSee it, or change it, at ${deps.dashboardUrl}/${orgSlug}/settings/billing\n`,
          },
          { jobId: `topup-${topUp.id}-${topUp.state}-${userId}` },
        )
    }
  })
