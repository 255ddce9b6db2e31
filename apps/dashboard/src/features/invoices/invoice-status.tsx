import { Badge, type BadgeTone } from '../../ui/badge.tsx'

export type InvoiceStatusName = 'finalised' | 'carried' | 'paid'

const STATUS: Record<InvoiceStatusName, { readonly label: string; readonly tone: BadgeTone; readonly title: string }> =
  {
    finalised: { label: 'Issued', tone: 'info', title: 'Final. It is never rewritten.' },
    carried: {
      label: 'Carried forward',
      tone: 'neutral',
      title: 'Below the minimum charge: nothing is collected, the amount moves to the next month.',
    },
    paid: { label: 'Paid', tone: 'good', title: 'Paid in full.' },
  }

export const InvoiceStatus = ({ status }: { readonly status: InvoiceStatusName }) => (
  <Badge tone={STATUS[status].tone} title={STATUS[status].title}>
    {STATUS[status].label}
  </Badge>
)
