import type { BillingView } from '../../acts/billing/billing-view.ts'
import { Banner } from '../../ui/banner.tsx'
import { Card } from '../../ui/card.tsx'
import { Facts } from '../../ui/facts.tsx'
import { listCountries } from './countries.ts'
import { DetailsForm } from './details-form.tsx'

const NOT_SAID = 'Not given'

/** Whom invoices name. */
export const DetailsCard = ({
  orgSlug,
  billing,
  mayManage,
}: {
  readonly orgSlug: string
  readonly billing: BillingView
  readonly mayManage: boolean
}) => {
  const { details } = billing
  return (
    <Card title="Billing details" detail="On every invoice from now on; issued ones stay as they are">
      <div className="space-y-4">
        {billing.isTaxLocationWanted && (
          <Banner tone="warning">
            Tax cannot be computed without a complete address. Until it is here, your invoice waits.
          </Banner>
        )}
        {billing.taxIdRefusal !== null && (
          <Banner tone="warning">This tax id is not taken, so invoices go out without it. Correct it and save.</Banner>
        )}
        {mayManage ? (
          <DetailsForm orgSlug={orgSlug} details={details} countries={listCountries()} />
        ) : (
          <Facts
            facts={[
              { name: 'Company', value: details.legalName ?? NOT_SAID },
              { name: 'Country', value: details.country ?? NOT_SAID },
              { name: 'Tax id', value: details.taxId ?? NOT_SAID },
              { name: 'Invoices to', value: details.email ?? 'The owners' },
            ]}
          />
        )}
      </div>
    </Card>
  )
}
