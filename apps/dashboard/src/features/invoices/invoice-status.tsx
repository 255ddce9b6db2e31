import type { InvoiceStatus as InvoiceStatusName } from '@atpar/db/invoices'
import { Badge, type BadgeTone } from '../../ui/badge.tsx'

const STATUS: Record<InvoiceStatusName, { readonly label: string; readonly tone: BadgeTone; readonly title: string }> =
  {
    finalised: { label: 'Issued', tone: 'info', title: 'Final. It is never rewritten.' },
    carried: {
      label: 'Carried forward',
      tone: 'neutral',
      title: 'Below the minimum charge: nothing is collected, the amount moves to the next month.',
    },
    open: { label: 'Being charged', tone: 'info', title: 'Final, and the card is being charged.' },
    past_due: {
      label: 'Charge failed',
      tone: 'bad',
      title: 'The card was declined. It is tried again, or can be paid now.',
    },
    uncollectible: { label: 'Unpaid', tone: 'bad', title: 'Given up after thirty days. It can still be paid.' },
    void: { label: 'Void', tone: 'neutral', title: 'Cancelled: nothing is owed.' },
    paid: { label: 'Paid', tone: 'good', title: 'Paid in full.' },
  }

export const InvoiceStatus = ({ status }: { readonly status: InvoiceStatusName }) => (
  <Badge tone={STATUS[status].tone} title={STATUS[status].title}>
    {STATUS[status].label}
  </Badge>
)
