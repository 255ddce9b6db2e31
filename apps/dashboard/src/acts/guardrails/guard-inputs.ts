import { z } from 'zod'
import type { GuardAction, GuardPolicy } from '@atpar/core/guardrails'
import type { Guardrail } from '@atpar/db/guardrails'

const MOST_TERMS = 200
const MOST_NAMES = 100

const unique = (list: readonly string[]): string[] => [...new Set(list)]

const action = z.enum(['off', 'warn', 'redact', 'block'] satisfies GuardAction[])

/** What a level wants of the requests below it. What is left out is off. */
export const guardPolicy = z.strictObject({
  personalData: action.default('off'),
  secrets: action.default('off'),
  injection: z.enum(['off', 'warn', 'block']).default('off'),
  blockedTerms: z
    .array(z.string().trim().min(2, 'A blocked term has at least two characters.').max(100))
    .max(MOST_TERMS)
    .transform(unique)
    .default([]),
  blockedTermsAction: action.default('block'),
  answers: z.boolean().default(false),
  allowedModels: z.array(z.string().trim().min(1).max(200)).max(MOST_NAMES).transform(unique).default([]),
  refusedParameters: z
    .array(z.string().regex(/^[a-z][a-zA-Z0-9_]{0,63}$/, 'Enter names of parameters like logit_bias.'))
    .max(MOST_NAMES)
    .transform(unique)
    .default([]),
  maxOutputTokens: z.int().min(1).max(10_000_000).nullable().default(null),
  cacheSeconds: z.int().min(1).max(86_400).nullable().default(null),
})

/** For the record of acts. Blocked terms are the organization's own words and may be what must not be said: their number is enough. */
export const describeForAudit = ({
  scope,
  scopeId,
  policy,
}: Pick<Guardrail, 'scope' | 'scopeId'> & { readonly policy: GuardPolicy }) => ({
  scope,
  scopeId,
  personalData: policy.personalData,
  secrets: policy.secrets,
  injection: policy.injection,
  blockedTerms: policy.blockedTerms.length,
  blockedTermsAction: policy.blockedTermsAction,
  answers: policy.answers,
  allowedModels: [...policy.allowedModels],
  refusedParameters: [...policy.refusedParameters],
  maxOutputTokens: policy.maxOutputTokens,
  cacheSeconds: policy.cacheSeconds,
})
