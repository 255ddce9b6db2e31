import { formatUsd, pusd } from '@atpar/core/money'
import type { BudgetPeriod, LimitScope } from '@atpar/core/quota'
import type { BudgetFacts } from './find-crossings.ts'

const PERIODS: Readonly<Record<BudgetPeriod, string>> = {
  day: 'daily',
  week: 'weekly',
  month: 'monthly',
  total: 'total',
}
const PLACES: Readonly<Record<LimitScope, string>> = {
  key: 'keys',
  member: 'members',
  team: 'teams',
  organization: 'budgets',
}

export interface NoticeMail {
  readonly subject: string
  readonly text: string
}

export interface NoticeFacts {
  readonly budget: BudgetFacts
  /** Percent. */
  readonly threshold: number
  /** Of the key, member, team or organization, as people call it. */
  readonly holderName: string
  readonly dashboardUrl: string
  readonly orgSlug: string
}

const amountOf = (amount: bigint, { unit }: BudgetFacts): string =>
  unit === 'usd' ? `$${formatUsd(pusd(amount), 2)}` : `${amount} tokens`

const consequenceOf = ({ hard, used, limit, isOver }: BudgetFacts): string => {
  if (isOver) return 'Its next period has begun.'
  if (used < limit)
    return hard ? 'When it is used up, requests are refused.' : 'When it is used up, requests go on; it only tells.'
  return hard ? 'Requests are refused from now on.' : 'Requests go on: this budget only tells.'
}

const holderOf = ({ scope }: BudgetFacts, name: string): string => {
  switch (scope) {
    case 'key':
      return `the key "${name}"`
    case 'member':
      return name
    case 'team':
      return `the team ${name}`
    case 'organization':
      return name
  }
}

const filterOf = ({ modelId, tag }: BudgetFacts): string =>
  modelId !== null ? ` for ${modelId}` : tag !== null ? ` for the tag ${tag}` : ''

/** What is used, of what, until when, what happens then, and where to change it. */
export const writeNotice = ({ budget, threshold, holderName, dashboardUrl, orgSlug }: NoticeFacts): NoticeMail => {
  const named = `${PERIODS[budget.period]} budget of ${holderOf(budget, holderName)}${filterOf(budget)}`
  const ends =
    budget.endsAtMs === null
      ? 'It does not reset.'
      : `${budget.isOver ? 'This one ended' : 'It resets'} at ${new Date(budget.endsAtMs).toISOString().slice(0, 16).replace('T', ' ')} UTC.`
  const path = budget.scope === 'organization' ? PLACES.organization : `${PLACES[budget.scope]}/${budget.scopeId}`
  return {
    subject: `${threshold} % of the ${named} is used`,
    text:
      [
        `The ${named} has reached ${threshold} %: ${amountOf(budget.used, budget)} of ${amountOf(budget.limit, budget)} is used. ${consequenceOf(budget)} ${ends}`,
        `See and change it at ${dashboardUrl}/${orgSlug}/${path}`,
        'This is said once for each period.',
      ].join('\n\n') + '\n',
  }
}
