import type { BudgetPeriod, BudgetUnit, LimitFilter } from '@atpar/core/quota'
import type { LimitHolder } from '@atpar/db/limit-holders'
import { formatExact, formatOverview } from '../format/money.ts'
import { formatCompact, formatCount } from '../format/number.ts'
import type { BudgetView, LimitView, RateView } from './limit-state.ts'

export const PERIOD_WORDS: Readonly<Record<BudgetPeriod, { readonly name: string; readonly per: string }>> = {
  day: { name: 'Daily budget', per: 'a day' },
  week: { name: 'Weekly budget', per: 'a week' },
  month: { name: 'Monthly budget', per: 'a month' },
  total: { name: 'Total budget', per: 'in total' },
}

/** "the key “Laptop”", "Ada", "the team Research", "the organization". */
export const describeHolder = ({ scope, name }: Pick<LimitHolder, 'scope' | 'name'>): string => {
  switch (scope) {
    case 'key':
      return `the key “${name}”`
    case 'member':
      return name
    case 'team':
      return `the team ${name}`
    case 'organization':
      return 'the organization'
  }
}

export const SCOPE_WORDS = { key: 'Key', member: 'Member', team: 'Team', organization: 'Organization' } as const

/** What narrows a limit to some requests; null when it counts all. */
export const describeFilter = ({ modelId, tag }: LimitFilter): string | null =>
  modelId ?? (tag === null ? null : `tag ${tag}`)

/** `$12.50` or `2M tokens`, to what orients. */
export const formatAmount = (amount: bigint, unit: BudgetUnit): string =>
  unit === 'usd' ? formatOverview(amount) : `${formatCompact(amount)} tokens`

/** To the last digit. */
export const formatAmountExactly = (amount: bigint, unit: BudgetUnit): string =>
  unit === 'usd' ? formatExact(amount) : `${formatCount(amount)} tokens`

export const nameBudget = ({ budget }: Pick<BudgetView, 'budget'>): string =>
  budget.isCredit ? 'Credit from Atpar' : PERIOD_WORDS[budget.period].name

/** The parts of a rate limit that are set, by name. */
export const ratePartsOf = (
  view: RateView,
): readonly { readonly name: string; readonly unit: string; readonly limit: number; readonly used: number }[] => [
  ...(view.requests === null ? [] : [{ name: 'Requests', unit: 'a minute', ...view.requests }]),
  ...(view.tokens === null ? [] : [{ name: 'Tokens', unit: 'a minute', ...view.tokens }]),
  ...(view.concurrent === null ? [] : [{ name: 'At the same time', unit: 'requests', ...view.concurrent }]),
]

export const keyOf = (view: LimitView): string => (view.kind === 'budget' ? view.budget.id : view.limit.id)
