import type { Finding } from '@atpar/core/guard-text'
import type { GuardAction, GuardPolicy } from '@atpar/core/guardrails'
import { formatCount } from '../../format/number.ts'
import type { BadgeTone } from '../../ui/badge.tsx'

export const ACTION_WORDS: Readonly<Record<GuardAction, string>> = {
  off: 'Nothing',
  warn: 'Note it on the record',
  redact: 'Black it out',
  block: 'Refuse the request',
}

const DONE: Readonly<Record<Exclude<GuardAction, 'off'>, { readonly word: string; readonly tone: BadgeTone }>> = {
  warn: { word: 'noted', tone: 'neutral' },
  redact: { word: 'blacked out', tone: 'info' },
  block: { word: 'refused', tone: 'warning' },
}

interface PolicyPart {
  readonly text: string
  readonly tone: BadgeTone
}

const acted = (what: string, action: GuardAction): readonly PolicyPart[] =>
  action === 'off' ? [] : [{ text: `${what}: ${DONE[action].word}`, tone: DONE[action].tone }]

const counted = (count: number, one: string, many: string): string =>
  count === 1 ? `1 ${one}` : `${formatCount(count)} ${many}`

/** Everything a policy does, each in a few words. */
export const describePolicy = (policy: GuardPolicy): readonly PolicyPart[] => {
  const { blockedTerms, allowedModels, refusedParameters, maxOutputTokens, cacheSeconds } = policy
  const plain = (isSet: boolean, text: string): readonly PolicyPart[] => (isSet ? [{ text, tone: 'neutral' }] : [])
  return [
    ...acted('Personal data', policy.personalData),
    ...acted('Credentials', policy.secrets),
    ...acted('Prompt injection', policy.injection),
    ...(blockedTerms.length === 0
      ? []
      : acted(counted(blockedTerms.length, 'term', 'terms'), policy.blockedTermsAction)),
    ...plain(policy.answers, 'answers too'),
    ...plain(allowedModels.length > 0, `only ${counted(allowedModels.length, 'model', 'models')}`),
    ...plain(refusedParameters.length > 0, `without ${refusedParameters.join(', ')}`),
    ...plain(maxOutputTokens !== null, `at most ${counted(maxOutputTokens ?? 0, 'token', 'tokens')} of answer`),
    ...plain(cacheSeconds !== null, `answers kept ${counted(cacheSeconds ?? 0, 'second', 'seconds')}`),
  ]
}

const RULE_WORDS: Readonly<Record<string, string>> = {
  email: 'E-mail address',
  phone: 'Phone number',
  card: 'Payment card',
  iban: 'Bank account',
  'social-security-number': 'Social security number',
  'api-key': 'API key',
  token: 'Token',
  'private-key': 'Private key',
  override: 'Attempt to override instructions',
  'reveal-prompt': 'Attempt to read the instructions',
  'role-change': 'Attempt to change the role',
  'blocked-term': 'Blocked term',
  'token-numbers': 'Numbers of tokens in place of text',
}

/** A rule as people call it; one that is newer than this list by its own name. */
export const nameRule = (rule: string): string => RULE_WORDS[rule] ?? rule

export const describeFinding = ({ rule, action, count }: Finding): PolicyPart => ({
  text: `${nameRule(rule)}${count === 1 ? '' : ` × ${count}`}: ${DONE[action].word}`,
  tone: DONE[action].tone,
})
