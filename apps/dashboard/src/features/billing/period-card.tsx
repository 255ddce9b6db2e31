import { ArrowRight } from 'lucide-react'
import Link from 'next/link'
import type { BillingView } from '../../acts/billing/billing-view.ts'
import { decimalsFor } from '../../format/money.ts'
import { formatCount } from '../../format/number.ts'
import { Card } from '../../ui/card.tsx'
import { Money, MoneyInColumn } from '../../ui/money.tsx'
import { ShareBar } from '../../ui/share-bar.tsx'
import { Time } from '../../ui/time.tsx'

const SHOWN = 8

const monthOf = (period: string): string =>
  new Date(`${period}T00:00:00Z`).toLocaleDateString('en-US', { month: 'long', year: 'numeric', timeZone: 'UTC' })

/** The month so far, as its invoice will say it: units times list price, and nothing on top. */
export const PeriodCard = ({ orgSlug, billing }: { readonly orgSlug: string; readonly billing: BillingView }) => {
  const billed = billing.models.filter((model) => model.billedPusd > 0n)
  const shown = billed.slice(0, SHOWN)
  const rest = billed.slice(SHOWN)
  const restPusd = rest.reduce((sum, model) => sum + model.billedPusd, 0n)
  const decimals = decimalsFor([...shown.map((model) => model.billedPusd), restPusd])
  return (
    <Card
      flush
      title={`${monthOf(billing.period)} so far`}
      detail={
        <>
          At list price, markup $0.00. The month ends <Time atMs={billing.endsAtMs} style="day" />.
        </>
      }
      action={
        <Link
          href={`/${orgSlug}/invoices`}
          className="inline-flex items-center gap-1 rounded text-[13px] font-medium text-accent underline-offset-4 hover:underline"
        >
          Invoices <ArrowRight className="size-3.5" aria-hidden />
        </Link>
      }
    >
      <p className="px-5 py-4 text-2xl font-semibold tracking-tight">
        <Money pusd={billing.usagePusd} detail="overview" />
      </p>
      {shown.length === 0 ? (
        <p className="border-t px-5 py-4 text-sm text-muted">
          Nothing has been billed yet this month. What runs on your own keys or machines stays at $0.00.
        </p>
      ) : (
        <ul className="divide-y border-t">
          {shown.map((model) => (
            <li key={model.modelId} className="flex items-center justify-between gap-4 px-5 py-2.5">
              <div className="min-w-0">
                <p className="truncate text-sm font-medium" title={model.modelId}>
                  {model.modelId}
                </p>
                <ShareBar part={model.billedPusd} whole={billing.usagePusd} />
              </div>
              <div className="shrink-0 text-right">
                <MoneyInColumn pusd={model.billedPusd} decimals={decimals} />
                <p className="text-[13px] text-muted tabular-nums">
                  {formatCount(model.requests)} {model.requests === 1 ? 'request' : 'requests'}
                </p>
              </div>
            </li>
          ))}
          {rest.length > 0 && (
            <li className="flex items-center justify-between gap-4 px-5 py-2.5 text-sm text-muted">
              <Link href={`/${orgSlug}/usage`} className="underline underline-offset-4">
                {rest.length} more models
              </Link>
              <MoneyInColumn pusd={restPusd} decimals={decimals} />
            </li>
          )}
        </ul>
      )}
    </Card>
  )
}
