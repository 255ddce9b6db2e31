import type { ReactNode } from 'react'
import { formatUsd } from '@atpar/core/money'
import { formatCount } from '../format/number.ts'
import { Badge } from '../ui/badge.tsx'
import { ConfirmButton } from '../ui/confirm-button.tsx'
import { LimitBar } from '../ui/limit-bar.tsx'
import { Time } from '../ui/time.tsx'
import { removeBudgetAction, removeRateLimitAction } from './actions.ts'
import { BudgetDialog } from './budget-dialog.tsx'
import { fullnessOf, isUsedUp, roomOf, type BudgetView, type RateView } from './limit-state.ts'
import {
  describeFilter,
  describeHolder,
  formatAmount,
  formatAmountExactly,
  nameBudget,
  ratePartsOf,
} from './limit-words.ts'
import { RateDialog } from './rate-dialog.tsx'

const FULL = 1000

const BudgetState = ({ view }: { readonly view: BudgetView }) => {
  const { budget, used, held, limit, endsAtMs } = view
  const isFull = roomOf(view) === 0n
  return (
    <p className="flex flex-wrap justify-between gap-x-4 text-[13px] text-muted">
      <span>
        {isFull && budget.hard ? (
          <span className="font-medium text-danger">Used up: requests are refused</span>
        ) : isFull ? (
          <span className="font-medium text-warning">Over: people were told, requests go on</span>
        ) : budget.hard && isUsedUp(view) ? (
          <span className="font-medium text-danger">
            {formatAmount(roomOf(view), budget.unit)} left: too little for most requests
          </span>
        ) : (
          <>{formatAmount(roomOf(view), budget.unit)} left</>
        )}
        {held > 0n && (
          <span title={formatAmountExactly(held, budget.unit)}>
            {' '}
            · {formatAmount(held, budget.unit)} held for running requests
          </span>
        )}
      </span>
      <span>
        {endsAtMs === null ? (
          'never resets'
        ) : (
          <>
            resets <Time atMs={endsAtMs} />
          </>
        )}
      </span>
      <span className="sr-only">
        {formatAmountExactly(used, budget.unit)} of {formatAmountExactly(limit, budget.unit)} used
      </span>
    </p>
  )
}

interface BudgetRowProps {
  readonly view: BudgetView
  /** In front of the budget's own name, where the page shows several levels. */
  readonly owner?: ReactNode
  readonly isBinding?: boolean
  readonly actions?: ReactNode
}

/** One budget: what is used, held and left, and when it resets. */
export const BudgetRow = ({ view, owner, isBinding = false, actions }: BudgetRowProps) => {
  const { budget, used, held, limit } = view
  const filter = describeFilter(budget)
  return (
    <li className="space-y-2 px-5 py-3.5" data-testid="budget">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
          {owner !== undefined && <span className="min-w-0 truncate font-medium">{owner}</span>}
          <span className={owner === undefined ? 'font-medium' : 'text-muted'}>{nameBudget(view)}</span>
          {filter !== null && <Badge>{filter}</Badge>}
          {!budget.hard && <Badge title="Never refuses; people are told.">Soft</Badge>}
          {isBinding && (
            <Badge
              tone={fullnessOf(view) >= FULL ? 'bad' : 'info'}
              title="Of all the budgets a request must fit, this one has the least room."
            >
              Tightest
            </Badge>
          )}
        </div>
        <div className="flex items-center gap-2">
          <span className="tabular-nums" title={`${formatAmountExactly(used, budget.unit)} used`}>
            {formatAmount(used, budget.unit)} <span className="text-muted">of {formatAmount(limit, budget.unit)}</span>
          </span>
          {actions}
        </div>
      </div>
      <LimitBar label={`${nameBudget(view)} of ${describeHolder(view.holder)}`} used={used} held={held} limit={limit} />
      <BudgetState view={view} />
    </li>
  )
}

const typedLimit = ({ budget, limit }: BudgetView): string =>
  budget.unit === 'usd' ? formatUsd(budget.limitPusd) : limit.toString()

/** Change and remove, for those who may. The platform's credit is not the organization's to change. */
export const BudgetActions = ({ view, orgSlug }: { readonly view: BudgetView; readonly orgSlug: string }) => {
  const { budget, holder } = view
  if (budget.isCredit) return null
  const holderName = describeHolder(holder)
  return (
    <span className="flex">
      <BudgetDialog
        orgSlug={orgSlug}
        holderName={holderName}
        edited={{
          budgetId: budget.id,
          unit: budget.unit,
          limit: typedLimit(view),
          hard: budget.hard,
          softThresholds: budget.softThresholds,
        }}
      />
      <ConfirmButton
        label="Remove"
        spokenLabel={`Remove the ${nameBudget(view).toLowerCase()} of ${holderName}`}
        title={`Remove the ${nameBudget(view).toLowerCase()} of ${holderName}?`}
        consequence={`Requests are no longer refused at ${formatAmount(view.limit, budget.unit)}; the budgets above it still hold. Set again, it counts what was spent.`}
        confirmLabel="Remove budget"
        pendingLabel="Removing…"
        action={removeBudgetAction.bind(null, { orgSlug, budgetId: budget.id })}
      />
    </span>
  )
}

interface RateRowProps {
  readonly view: RateView
  readonly owner?: ReactNode
  readonly actions?: ReactNode
}

/** One rate limit, part by part. */
export const RateRow = ({ view, owner, actions }: RateRowProps) => {
  const filter = describeFilter(view.limit)
  return (
    <li className="space-y-2.5 px-5 py-3.5" data-testid="rate-limit">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
          {owner !== undefined && <span className="min-w-0 truncate font-medium">{owner}</span>}
          <span className={owner === undefined ? 'font-medium' : 'text-muted'}>Rate limit</span>
          {filter !== null && <Badge>{filter}</Badge>}
        </div>
        {actions}
      </div>
      <div className="grid gap-x-6 gap-y-2 sm:grid-cols-3">
        {ratePartsOf(view).map((part) => (
          <div key={part.name} className="space-y-1">
            <p className="flex justify-between gap-2 text-[13px]">
              <span className="text-muted">{part.name}</span>
              <span className="tabular-nums">
                {view.isLive ? `${formatCount(part.used)} of ` : ''}
                {formatCount(part.limit)} <span className="text-muted">{part.unit}</span>
              </span>
            </p>
            <LimitBar
              label={`${part.name} of ${describeHolder(view.holder)}`}
              used={BigInt(part.used)}
              limit={BigInt(part.limit)}
            />
          </div>
        ))}
      </div>
    </li>
  )
}

export const RateActions = ({ view, orgSlug }: { readonly view: RateView; readonly orgSlug: string }) => {
  const { limit, holder } = view
  const holderName = describeHolder(holder)
  return (
    <span className="flex">
      <RateDialog
        orgSlug={orgSlug}
        holderName={holderName}
        scope={holder.scope}
        scopeId={holder.scopeId}
        edited={{
          requestsPerMinute: limit.requestsPerMinute,
          tokensPerMinute: limit.tokensPerMinute,
          concurrency: limit.concurrency,
          modelId: limit.modelId,
          tag: limit.tag,
        }}
      />
      <ConfirmButton
        label="Remove"
        spokenLabel={`Remove the rate limit of ${holderName}`}
        title={`Remove the rate limit of ${holderName}?`}
        consequence="Requests are no longer slowed down here; the limits above still hold."
        confirmLabel="Remove rate limit"
        pendingLabel="Removing…"
        action={removeRateLimitAction.bind(null, { orgSlug, rateLimitId: limit.id })}
      />
    </span>
  )
}
