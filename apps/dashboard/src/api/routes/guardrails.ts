import { z } from 'zod'
import type { GuardPolicy } from '@atpar/core/guardrails'
import { listGuardrailsAct, type GuardrailView } from '../../acts/guardrails/list-guardrails.ts'
import { removeGuardrailAct } from '../../acts/guardrails/remove-guardrail.ts'
import { setGuardrailAct } from '../../acts/guardrails/set-guardrail.ts'
import { defineRoute } from '../define-route.ts'
import { pageOfAll } from '../page.ts'
import { id, instant, pageOf, pageQuery, toInstant } from '../wire.ts'
import { scope } from './limit-words.ts'

const action = z
  .enum(['off', 'warn', 'redact', 'block'])
  .meta({ description: 'Nothing, a note on the record, the place blacked out, or a refusal.' })
const names = z.array(z.string().max(200)).max(200)

const fields = {
  personal_data: action,
  credentials: action.meta({ description: 'API keys, tokens and private keys in what is sent.' }),
  injection: z.enum(['off', 'warn', 'block']).meta({ description: 'Phrases that try to override instructions.' }),
  blocked_terms: names,
  blocked_terms_action: action,
  answers: z.boolean().meta({ description: 'Answers are looked through too, for all of these but injection.' }),
  allowed_models: names.meta({ description: 'Empty = all.' }),
  refused_parameters: names.meta({ description: 'Members of the body that are refused.' }),
  max_output_tokens: z.number().int().min(1).nullable(),
  cache_seconds: z
    .number()
    .int()
    .min(1)
    .max(86_400)
    .nullable()
    .meta({ description: 'The same request of the same key is answered from the cache for so long.' }),
}
const policy = z.strictObject(fields)
const guardrail = z
  .strictObject({ guardrail_id: id, scope, scope_id: id, updated_at: instant, ...fields })
  .meta({ id: 'Guardrail' })

const showPolicy = (shown: GuardPolicy) => ({
  personal_data: shown.personalData,
  credentials: shown.secrets,
  injection: shown.injection,
  blocked_terms: [...shown.blockedTerms],
  blocked_terms_action: shown.blockedTermsAction,
  answers: shown.answers,
  allowed_models: [...shown.allowedModels],
  refused_parameters: [...shown.refusedParameters],
  max_output_tokens: shown.maxOutputTokens,
  cache_seconds: shown.cacheSeconds,
})

const show = (view: GuardrailView) => ({
  guardrail_id: view.id,
  scope: view.scope,
  scope_id: view.scopeId,
  updated_at: toInstant(view.updatedAt.getTime()),
  ...showPolicy(view.policy),
})

export const GUARDRAIL_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/guardrails',
    operation: 'listGuardrails',
    tag: 'Guardrails',
    summary: 'List guardrails',
    description:
      'What requests may hold, one policy for each level that has one. The stricter of all levels above a request binds it.',
    act: listGuardrailsAct,
    query: z.strictObject({ ...pageQuery, scope: scope.optional(), scope_id: id.optional() }),
    status: 200,
    answer: pageOf(guardrail),
    toInput: ({ query }) => ({ scope: query.scope, scopeId: query.scope_id }),
    toAnswer: (views, { query }) => pageOfAll(views, { query, placeOf: (view) => view.id, show }),
  }),
  defineRoute({
    method: 'POST',
    path: '/guardrails',
    operation: 'setGuardrail',
    tag: 'Guardrails',
    summary: 'Set a guardrail',
    description: 'Replaces what was set for this level. What is left out is off.',
    act: setGuardrailAct,
    body: policy.partial().extend({ scope, scope_id: id }),
    status: 200,
    answer: guardrail,
    toInput: ({ body }) => ({
      scope: body.scope,
      scopeId: body.scope_id,
      policy: {
        personalData: body.personal_data,
        secrets: body.credentials,
        injection: body.injection,
        blockedTerms: body.blocked_terms,
        blockedTermsAction: body.blocked_terms_action,
        answers: body.answers,
        allowedModels: body.allowed_models,
        refusedParameters: body.refused_parameters,
        maxOutputTokens: body.max_output_tokens,
        cacheSeconds: body.cache_seconds,
      },
    }),
    toAnswer: show,
  }),
  defineRoute({
    method: 'DELETE',
    path: '/guardrails/{guardrail_id}',
    operation: 'removeGuardrail',
    tag: 'Guardrails',
    summary: 'Remove a guardrail',
    description: 'Those above it still bind.',
    act: removeGuardrailAct,
    status: 204,
    toInput: ({ params }) => ({ guardrailId: params['guardrail_id'] }),
  }),
]
