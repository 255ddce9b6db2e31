import type { BillingView } from '../../acts/billing/billing-view.ts'
import { formatCents } from '../../format/money.ts'
import { Badge } from '../../ui/badge.tsx'
import { Banner } from '../../ui/banner.tsx'
import { Card } from '../../ui/card.tsx'
import { Money } from '../../ui/money.tsx'
import { Time } from '../../ui/time.tsx'
import { TopUpForm } from './top-up-form.tsx'
import { AutoTopUpForm } from './auto-top-up-form.tsx'

const STATES: Readonly<Record<string, { readonly label: string; readonly tone?: 'good' | 'warning' | 'bad' }>> = {
  requested: { label: 'Not finished' },
  pending: { label: 'Under way', tone: 'warning' },
  requires_action: { label: 'Needs you', tone: 'warning' },
  succeeded: { label: 'Credited', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
  canceled: { label: 'Cancelled' },
}

const wholeDollars = (cents: bigint): string =>
  cents % 100n === 0n ? String(cents / 100n) : `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`

/** What was paid in advance, and the rule by which the card fills it up. */
export const PrepaidCard = ({
  orgSlug,
  prepaid,
  mayManage,
  isCollecting,
}: {
  readonly orgSlug: string
  readonly prepaid: BillingView['prepaid']
  readonly mayManage: boolean
  readonly isCollecting: boolean
}) => {
  const { balancePusd, autoTopUp, topUps } = prepaid
  return (
    <Card
      title="Prepaid balance"
      detail="Usage draws on it first; invoices collect the rest"
      action={autoTopUp?.isEnabled === true ? <Badge tone="good">Tops itself up</Badge> : undefined}
    >
      <div className="space-y-5">
        <p className="text-2xl font-semibold tracking-tight">
          <Money pusd={balancePusd} detail="overview" />
        </p>
        {mayManage && isCollecting && <TopUpForm orgSlug={orgSlug} />}
        {autoTopUp?.pauseReason != null && (
          <Banner tone="warning">
            Automatic top-ups wait for you: {autoTopUp.pauseReason} Save the settings below to go on.
          </Banner>
        )}
        {topUps.length > 0 && (
          <ul className="divide-y rounded-lg border text-sm">
            {topUps.map((topUp) => {
              const state = STATES[topUp.state] ?? { label: topUp.state }
              return (
                <li
                  key={topUp.topUpId}
                  className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-3.5 py-2"
                >
                  <span className="tabular-nums">{formatCents(topUp.amountCents)}</span>
                  <span className="flex items-center gap-2 text-[13px] text-muted">
                    {topUp.isAutomatic && 'automatic · '}
                    <Time atMs={topUp.createdAtMs} style="day" />
                    <Badge {...(state.tone === undefined ? {} : { tone: state.tone })}>{state.label}</Badge>
                  </span>
                </li>
              )
            })}
          </ul>
        )}
        {mayManage && (
          <AutoTopUpForm
            orgSlug={orgSlug}
            isEnabled={autoTopUp?.isEnabled ?? false}
            threshold={wholeDollars(autoTopUp?.thresholdCents ?? 1_000n)}
            amount={wholeDollars(autoTopUp?.amountCents ?? 2_500n)}
            dailyCap={wholeDollars(autoTopUp?.dailyCapCents ?? 10_000n)}
          />
        )}
      </div>
    </Card>
  )
}
