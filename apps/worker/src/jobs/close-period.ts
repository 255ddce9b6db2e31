import { formatUsd, PUSD_PER_CENT, pusd } from '@atpar/core/money'
import type { JobPayload } from '@atpar/queue/catalog'
import { closePeriod as closeBooks, type IssuedInvoice } from '../billing/close-period.ts'
import { readClockOffset } from '../clock.ts'
import type { Deps } from '../deps.ts'

interface Recipient {
  readonly user_id: string
  readonly email: string
  readonly slug: string
}

const findRecipients = async ({ pool }: Deps, orgId: string): Promise<readonly Recipient[]> => {
  const { rows } = await pool.query<Recipient>(
    `SELECT u.id AS user_id, u.email, o.slug FROM membership m JOIN app_user u ON u.id = m.user_id JOIN organization o ON o.id = m.org_id
    WHERE m.org_id = $1 AND m.status = 'active' AND m.role IN ('owner', 'billing') AND u.deleted_at IS NULL ORDER BY u.email`,
    [orgId],
  )
  return rows
}

const announce = async (deps: Deps, orgId: string, invoice: IssuedInvoice): Promise<void> => {
  const total = formatUsd(pusd(invoice.totalCents * PUSD_PER_CENT), 2)
  const due =
    invoice.status === 'carried'
      ? 'Nothing is due: the total is below the minimum charge and is carried forward.'
      : `The total is $${total}.`
  for (const recipient of await findRecipients(deps, orgId)) {
    await deps.producer.add(
      'send-email',
      {
        to: recipient.email,
        subject: `Invoice ${invoice.number} is ready`,
        text: `Invoice ${invoice.number} is ready. ${due}\n\nRead it at ${deps.dashboardUrl}/${recipient.slug}/invoices/${invoice.id}\n\nEvery line is the provider's list price. Atpar adds nothing.\n`,
      },
      { jobId: `invoice-${invoice.id}-${recipient.user_id}` },
    )
  }
}

/** Closes one month of one organization and tells its owners. What stands in the way is logged and stored; the next hour tries again. */
export const closePeriod = async (deps: Deps, payload: JobPayload<'close-period'>): Promise<void> => {
  const nowMs = deps.wallMs() + (await readClockOffset(deps.pool))
  const result = await closeBooks(deps.pool, {
    ...payload,
    nowMs,
    ...deps.closing,
    documentWaitsForTax: deps.collecting !== null && deps.collecting.tax !== 'off',
  })
  if (result.kind === 'blocked') {
    deps.log.warn('close-blocked', { ...payload, reason: result.reason })
    return
  }
  deps.log.info('period-closed', { ...payload, invoice: result.invoice.number, isNew: result.isNew })
  // Also on a repeated run: the first may have ended between its commit and here. The job id keeps it to one mail.
  if (deps.collecting !== null && result.invoice.totalCents > 0n)
    await deps.producer.add('push-invoice', { invoiceId: result.invoice.id })
  await announce(deps, payload.orgId, result.invoice)
}
