import { CreditCard as CardIcon } from 'lucide-react'
import type { BillingView } from '../../acts/billing/billing-view.ts'
import { Card } from '../../ui/card.tsx'
import { OpenStripeButton } from './open-stripe-button.tsx'
import { openBillingPortalAction, startCardSetupAction } from './stripe-actions.ts'

const two = (count: number): string => String(count).padStart(2, '0')

const describeMethod = (method: NonNullable<BillingView['paymentMethod']>): string =>
  method.last4 === null
    ? method.kind
    : `${method.brand === null ? 'Card' : method.brand.charAt(0).toUpperCase() + method.brand.slice(1)} ending in ${method.last4}`

export const PaymentMethodCard = ({
  method,
  orgSlug,
  mayManage,
  isCollecting,
}: {
  readonly method: BillingView['paymentMethod']
  readonly orgSlug: string
  readonly mayManage: boolean
  readonly isCollecting: boolean
}) => (
  <Card title="Payment method" detail="Invoices are charged to it on the day they are issued">
    {method === null ? (
      <p className="text-sm leading-relaxed text-muted">
        No card yet. Its number is typed at Stripe and never reaches this site.
        {!mayManage && ' An owner or a billing member can add one.'}
      </p>
    ) : (
      <div className="flex items-center gap-3 text-sm">
        <CardIcon className="size-5 shrink-0 text-muted" aria-hidden />
        <div>
          <p className="font-medium">{describeMethod(method)}</p>
          {method.expMonth !== null && method.expYear !== null && (
            <p className="text-[13px] text-muted tabular-nums">
              Expires {two(method.expMonth)}/{method.expYear}
            </p>
          )}
        </div>
      </div>
    )}
    {mayManage && isCollecting && (
      <div className="mt-4 flex flex-wrap gap-2">
        <OpenStripeButton
          open={startCardSetupAction.bind(null, orgSlug)}
          label={method === null ? 'Add a card' : 'Use another card'}
          tone={method === null ? 'primary' : 'secondary'}
        />
        {method !== null && (
          <OpenStripeButton
            open={openBillingPortalAction.bind(null, orgSlug)}
            label="Cards and tax ids at Stripe"
            tone="secondary"
          />
        )}
      </div>
    )}
  </Card>
)
