'use server'

import { revalidatePath } from 'next/cache'
import type { LimitScope } from '@atpar/core/quota'
import { removeBudgetAct } from '../acts/limits/remove-budget.ts'
import { removeRateLimitAct } from '../acts/limits/remove-rate-limit.ts'
import { setBudgetAct } from '../acts/limits/set-budget.ts'
import { setRateLimitAct } from '../acts/limits/set-rate-limit.ts'
import { updateBudgetAct } from '../acts/limits/update-budget.ts'
import { actAs, requireOrganization } from '../auth/guard.ts'
import { runAction } from '../run-action.ts'
import type { FormState } from '../ui/form-state.ts'
import { readBudgetChange, readNewBudget, readRateLimit } from './limit-forms.ts'

const context = async (orgSlug: string) => actAs(await requireOrganization(orgSlug))
const BUDGET_FIELDS = ['limit', 'period', 'unit', 'modelId', 'tag', 'timeZone', 'softThresholds']
const RATE_FIELDS = ['requestsPerMinute', 'tokensPerMinute', 'concurrency', 'modelId', 'tag']

/** Limits are shown on the pages of what they limit, so all of the organization's are read again. */
const done = (orgSlug: string): FormState => {
  revalidatePath(`/${orgSlug}`, 'layout')
  return { status: 'done' }
}

interface LevelAddress {
  readonly orgSlug: string
  readonly scope: LimitScope
  readonly scopeId: string
}

export const setBudgetAction = async (
  { orgSlug, scope, scopeId }: LevelAddress,
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction(
    'set-budget',
    async () => {
      await setBudgetAct(await context(orgSlug), { scope, scopeId, ...readNewBudget(form) })
      return done(orgSlug)
    },
    BUDGET_FIELDS,
  )

export const updateBudgetAction = async (
  { orgSlug, budgetId }: { readonly orgSlug: string; readonly budgetId: string },
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction(
    'update-budget',
    async () => {
      await updateBudgetAct(await context(orgSlug), { budgetId, ...readBudgetChange(form) })
      return done(orgSlug)
    },
    BUDGET_FIELDS,
  )

export const removeBudgetAction = async (
  { orgSlug, budgetId }: { readonly orgSlug: string; readonly budgetId: string },
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('remove-budget', async () => {
    await removeBudgetAct(await context(orgSlug), { budgetId })
    return done(orgSlug)
  })

export const setRateLimitAction = async (
  { orgSlug, scope, scopeId }: LevelAddress,
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction(
    'set-rate-limit',
    async () => {
      await setRateLimitAct(await context(orgSlug), { scope, scopeId, ...readRateLimit(form) })
      return done(orgSlug)
    },
    RATE_FIELDS,
  )

export const removeRateLimitAction = async (
  { orgSlug, rateLimitId }: { readonly orgSlug: string; readonly rateLimitId: string },
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('remove-rate-limit', async () => {
    await removeRateLimitAct(await context(orgSlug), { rateLimitId })
    return done(orgSlug)
  })
