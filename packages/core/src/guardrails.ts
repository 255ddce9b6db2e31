import type { LimitScope } from './quota.ts'

/** What happens to a request in which something is found: nothing, a note on its record, the place blacked out, or a refusal. */
export type GuardAction = 'off' | 'warn' | 'redact' | 'block'

/** What an organization, a team or a key's owner wants of the requests below it. */
export interface GuardPolicy {
  /** Addresses of mail, phone, bank accounts, payment cards. */
  readonly personalData: GuardAction
  /** API keys, tokens, private keys. */
  readonly secrets: GuardAction
  /** Phrases that try to talk a model out of its instructions. Heuristics: there is nothing to black out. */
  readonly injection: Exclude<GuardAction, 'redact'>
  readonly blockedTerms: readonly string[]
  readonly blockedTermsAction: GuardAction
  /** Answers are looked through too, for all of these but injection. */
  readonly answers: boolean
  /** Empty = all. */
  readonly allowedModels: readonly string[]
  /** Members of the body that are refused. */
  readonly refusedParameters: readonly string[]
  /** Null = what the request says. */
  readonly maxOutputTokens: number | null
  /** Answers are kept so long for the same request again; null = only where the request asks for it. */
  readonly cacheSeconds: number | null
}

export const NO_POLICY: GuardPolicy = {
  personalData: 'off',
  secrets: 'off',
  injection: 'off',
  blockedTerms: [],
  blockedTermsAction: 'block',
  answers: false,
  allowedModels: [],
  refusedParameters: [],
  maxOutputTokens: null,
  cacheSeconds: null,
}

export interface ScopedPolicy {
  readonly scope: LimitScope
  readonly policy: GuardPolicy
}

const ORDER: readonly GuardAction[] = ['off', 'warn', 'redact', 'block']
const stricter = <Action extends GuardAction>(a: Action, b: Action): Action =>
  ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b

/** What binds a request on all levels above it: the stricter of each, so that nobody below loosens what was set above. Null where nothing is set. */
export const combinePolicies = (policies: readonly ScopedPolicy[]): GuardPolicy | null => {
  if (policies.length === 0) return null
  let all = NO_POLICY
  for (const { policy } of policies)
    all = {
      personalData: stricter(all.personalData, policy.personalData),
      secrets: stricter(all.secrets, policy.secrets),
      injection: stricter(all.injection, policy.injection),
      blockedTerms: [...new Set([...all.blockedTerms, ...policy.blockedTerms])],
      blockedTermsAction:
        all.blockedTerms.length === 0
          ? policy.blockedTermsAction
          : policy.blockedTerms.length === 0
            ? all.blockedTermsAction
            : stricter(all.blockedTermsAction, policy.blockedTermsAction),
      answers: all.answers || policy.answers,
      allowedModels: narrow(all.allowedModels, policy.allowedModels),
      refusedParameters: [...new Set([...all.refusedParameters, ...policy.refusedParameters])],
      maxOutputTokens: least(all.maxOutputTokens, policy.maxOutputTokens),
      cacheSeconds: least(all.cacheSeconds, policy.cacheSeconds),
    }
  return all
}

const least = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.min(a, b))

/** No model has this id: a list that allows nothing, since an empty one allows everything. */
const NOTHING_ALLOWED = '-'

/** Both lists together, where an empty one means all. */
export const narrow = (a: readonly string[], b: readonly string[]): readonly string[] => {
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a
  const both = a.filter((name) => b.includes(name))
  return both.length === 0 ? [NOTHING_ALLOWED] : both
}

/** What is sent is only read where a rule may change or refuse it; one that only notes lets through what it cannot read. */
export const bindsText = ({
  personalData,
  secrets,
  injection,
  blockedTerms,
  blockedTermsAction,
}: GuardPolicy): boolean =>
  [personalData, secrets, injection, blockedTerms.length === 0 ? 'off' : blockedTermsAction].some(
    (action) => action === 'redact' || action === 'block',
  )
