import { can } from '@atpar/core/permissions'
import { readDeps } from '../../deps.ts'
import { readBillingAct } from '../../acts/billing/read-billing.ts'
import { actAs, requirePagePermission } from '../../auth/guard.ts'
import { LiveRefresh } from '../../ui/live-refresh.tsx'
import { CreditCard } from './credit-card.tsx'
import { DetailsCard } from './details-card.tsx'
import { OpenInvoicesCard } from './open-invoices-card.tsx'
import { PaymentMethodCard } from './payment-method-card.tsx'
import { PeriodCard } from './period-card.tsx'
import { PrepaidCard } from './prepaid-card.tsx'

const REFRESH_MS = 5_000

export const BillingSettingsPage = async ({ params }: { readonly params: Promise<{ readonly org: string }> }) => {
  const { org } = await params
  const visit = await requirePagePermission(org, 'invoice:read')
  const billing = await readBillingAct(await actAs(visit), {})
  const mayManage = can(visit.role, 'payment:manage')
  return (
    <>
      <LiveRefresh everyMs={REFRESH_MS} />
      <OpenInvoicesCard orgSlug={org} invoices={billing.openInvoices} />
      <PeriodCard orgSlug={org} billing={billing} />
      <CreditCard credit={billing.credit} hasCard={billing.paymentMethod !== null} />
      <PaymentMethodCard
        method={billing.paymentMethod}
        orgSlug={org}
        mayManage={mayManage}
        isCollecting={readDeps().stripe !== null}
      />
      <PrepaidCard
        orgSlug={org}
        prepaid={billing.prepaid}
        mayManage={mayManage}
        isCollecting={readDeps().stripe !== null}
      />
      <DetailsCard orgSlug={org} billing={billing} mayManage={mayManage} />
    </>
  )
}
