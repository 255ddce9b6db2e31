import type { LimitScope } from '@atpar/core/quota'
import {
  fullnessOf,
  isUsedUp,
  roomOf,
  type BudgetView,
  type LimitView,
  type LimitViews,
  type RateView,
} from './limit-state.ts'

const NARROWEST_FIRST: readonly LimitScope[] = ['key', 'member', 'team', 'organization']
const rank = (view: LimitView): number => NARROWEST_FIRST.indexOf(view.holder.scope)

const isBudgetUsedUp = (view: BudgetView): boolean => view.budget.hard && isUsedUp(view)

const isRateUsedUp = (view: RateView): boolean =>
  [view.requests, view.tokens, view.concurrent].some((part) => part !== null && part.used >= part.limit)

/** Narrows it to one model or tag, so it binds some requests only. */
const isFiltered = (view: LimitView): boolean => {
  const { modelId, tag } = view.kind === 'budget' ? view.budget : view.limit
  return modelId !== null || tag !== null
}

/** What refuses the next request, those that come back last first: raising one of them is no help while another stands. */
export const findBlocking = ({ budgets, rates }: LimitViews): readonly LimitView[] =>
  [...budgets.filter(isBudgetUsedUp), ...rates.filter(isRateUsedUp)].toSorted(
    (a, b) => endOf(b) - endOf(a) || rank(a) - rank(b),
  )

const endOf = (view: LimitView): number => (view.kind === 'rate' ? 0 : (view.endsAtMs ?? Infinity))

/**
 * The budget that will refuse first if spending goes on: of the hard ones in dollars that count every request, the one with the least room. A
 * lower level may have been given more than a higher one, and then the higher one binds. Null when no such budget stands.
 */
export const findBinding = ({ budgets }: LimitViews): BudgetView | null =>
  budgets
    .filter((view) => view.budget.hard && view.budget.unit === 'usd' && !isFiltered(view))
    .toSorted((a, b) => compare(roomOf(a), roomOf(b)) || rank(a) - rank(b))[0] ?? null

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)

/** Fullest first. */
export const byFullness = (a: BudgetView, b: BudgetView): number => fullnessOf(b) - fullnessOf(a) || rank(a) - rank(b)
