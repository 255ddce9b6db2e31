import Link from 'next/link'
import type { BillingView } from '../../acts/billing/billing-view.ts'
import { formatCents } from '../../format/money.ts'
import { Badge } from '../../ui/badge.tsx'
import { buttonClass } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { Time } from '../../ui/time.tsx'

/** What waits to be paid. Nothing at all when nothing does. */
export const OpenInvoicesCard = ({
  orgSlug,
  invoices,
}: {
  readonly orgSlug: string
  readonly invoices: BillingView['openInvoices']
}) => {
  if (invoices.length === 0) return null
  return (
    <Card flush title="Open invoices" detail="Within seconds of the payment everything works as before">
      <ul className="divide-y">
        {invoices.map((invoice) => (
          <li key={invoice.invoiceId} className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-5 py-3">
            <div className="min-w-0">
              <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
                <Link href={`/${orgSlug}/invoices/${invoice.invoiceId}`} className="underline-offset-4 hover:underline">
                  {invoice.number}
                </Link>
                {invoice.failure === null ? <Badge>Being charged</Badge> : <Badge tone="bad">Charge failed</Badge>}
              </p>
              <p className="text-[13px] text-muted">
                {invoice.dueAtMs !== null && (
                  <>
                    Due <Time atMs={invoice.dueAtMs} style="day" />
                  </>
                )}
                {invoice.failure !== null && ` · ${invoice.failure}`}
              </p>
            </div>
            <div className="flex items-center gap-3">
              <span className="text-sm font-medium tabular-nums">{formatCents(invoice.dueCents)}</span>
              {invoice.payUrl !== null && (
                <a href={invoice.payUrl} className={buttonClass('primary', 'small')} rel="noreferrer">
                  Pay now
                </a>
              )}
            </div>
          </li>
        ))}
      </ul>
    </Card>
  )
}
