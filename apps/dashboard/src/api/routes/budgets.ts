import { z } from 'zod'
import { formatUsd } from '@atpar/core/money'
import type { StoredBudget } from '@atpar/db/budgets'
import { listBudgetsAct } from '../../acts/limits/list-budgets.ts'
import { removeBudgetAct } from '../../acts/limits/remove-budget.ts'
import { setBudgetAct } from '../../acts/limits/set-budget.ts'
import { updateBudgetAct } from '../../acts/limits/update-budget.ts'
import type { BudgetView } from '../../limits/limit-state.ts'
import { defineRoute } from '../define-route.ts'
import { pageOfAll } from '../page.ts'
import { id, instant, pageOf, pageQuery, toInstantOrNull, toUsd } from '../wire.ts'
import { limitAmount, newBudget, scope, toBudgetInput } from './limit-words.ts'

const amount = z.string().regex(/^\d+(\.\d+)?$/)

const fields = {
  budget_id: id,
  scope,
  scope_id: id,
  period: z.enum(['day', 'week', 'month', 'total']),
  time_zone: z.string(),
  unit: z.enum(['usd', 'tokens']),
  limit: amount.meta({ description: 'Dollars or tokens, as `unit` says.' }),
  hard: z.boolean(),
  soft_thresholds: z.array(z.number().int()),
  model: z.string().nullable(),
  tag: z.string().nullable(),
  is_credit: z.boolean().meta({ description: 'Set by the platform: the organization cannot change it.' }),
}
const budget = z.strictObject(fields).meta({ id: 'Budget' })
const budgetState = z
  .strictObject({
    ...fields,
    used: amount.meta({ description: 'In the current period; dollars or tokens.' }),
    held: amount.meta({ description: 'Reserved for requests that run.' }),
    ends_at: instant.nullable().meta({ description: 'When the period ends; null for `total`.' }),
    is_live: z.boolean().meta({ description: 'As the proxies count; otherwise some seconds behind.' }),
  })
  .meta({ id: 'BudgetState' })

const show = (stored: StoredBudget) => ({
  budget_id: stored.id,
  scope: stored.scope,
  scope_id: stored.scopeId,
  period: stored.period,
  time_zone: stored.timeZone,
  unit: stored.unit,
  limit: stored.limitTokens === null ? formatUsd(stored.limitPusd, 2) : stored.limitTokens.toString(),
  hard: stored.hard,
  soft_thresholds: [...stored.softThresholds],
  model: stored.modelId,
  tag: stored.tag,
  is_credit: stored.isCredit,
})

const showState = (view: BudgetView) => {
  const inUnit = (count: bigint): string => (view.budget.unit === 'tokens' ? count.toString() : toUsd(count))
  return {
    ...show(view.budget),
    used: inUnit(view.used),
    held: inUnit(view.held),
    ends_at: toInstantOrNull(view.endsAtMs),
    is_live: view.isLive,
  }
}

export const BUDGET_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/budgets',
    operation: 'listBudgets',
    tag: 'Budgets',
    summary: 'List budgets',
    description: 'Each with what it has counted in its current period.',
    act: listBudgetsAct,
    query: z.strictObject({ ...pageQuery, scope: scope.optional(), scope_id: id.optional() }),
    status: 200,
    answer: pageOf(budgetState),
    toInput: ({ query }) => ({ scope: query.scope, scopeId: query.scope_id }),
    toAnswer: ({ budgets }, { query }) =>
      pageOfAll(budgets, { query, placeOf: (view) => view.budget.id, show: showState }),
  }),
  defineRoute({
    method: 'POST',
    path: '/budgets',
    operation: 'setBudget',
    tag: 'Budgets',
    summary: 'Set a budget',
    description:
      'Of a key, member, team or the organization, for a period and, if wanted, one model or one tag. Changes the one there is: what was spent stays spent.',
    act: setBudgetAct,
    body: newBudget.extend({ scope, scope_id: id }),
    status: 200,
    answer: budget,
    toInput: ({ body }) => ({ ...toBudgetInput(body), scope: body.scope, scopeId: body.scope_id }),
    toAnswer: show,
  }),
  defineRoute({
    method: 'PATCH',
    path: '/budgets/{budget_id}',
    operation: 'updateBudget',
    tag: 'Budgets',
    summary: 'Change a budget',
    act: updateBudgetAct,
    body: z.strictObject({
      limit: limitAmount.optional(),
      hard: z.boolean().optional(),
      soft_thresholds: z.array(z.number().int().min(1).max(1000)).max(5).optional(),
    }),
    status: 200,
    answer: budget,
    toInput: ({ params, body }) => ({
      budgetId: params['budget_id'],
      limit: body.limit,
      hard: body.hard,
      softThresholds: body.soft_thresholds,
    }),
    toAnswer: show,
  }),
  defineRoute({
    method: 'DELETE',
    path: '/budgets/{budget_id}',
    operation: 'removeBudget',
    tag: 'Budgets',
    summary: 'Remove a budget',
    description: 'Those above it still bind.',
    act: removeBudgetAct,
    status: 204,
    toInput: ({ params }) => ({ budgetId: params['budget_id'] }),
  }),
]
