import type { GuardAction, GuardPolicy } from './guardrails.ts'

interface Rule {
  readonly name: string
  readonly kind: 'personalData' | 'secrets' | 'injection'
  /** Without unbounded repetition: looking takes a bounded number of steps per character, whatever the text (a test reads the source). */
  readonly pattern: RegExp
  /** What looks like one and is none. */
  readonly holds?: (match: string) => boolean
  /** Of what may go on over white space: a beginning of it at the end of a text that is not complete yet. */
  readonly opens?: RegExp
}

const digitsOf = (text: string): string => text.replace(/\D/g, '')

const isLuhn = (text: string): boolean => {
  let sum = 0
  const digits = digitsOf(text)
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index])
    const doubled = index % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0 && !/^0{13}/.test(digits)
}

const isIban = (text: string): boolean => {
  const plain = text.replaceAll(' ', '')
  let remainder = 0
  for (const letter of plain.slice(4) + plain.slice(0, 4)) {
    const value = Number.parseInt(letter, 36)
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97
  }
  return remainder === 1
}

export const RULES: readonly Rule[] = [
  {
    name: 'email',
    kind: 'personalData',
    pattern: /(?<![\w.%+-])[\w.%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{2,63}){1,4}/g,
  },
  {
    name: 'phone',
    kind: 'personalData',
    pattern: /(?<![\w+])\+\d(?:[ ().-]{0,2}\d){7,14}(?!\d)/g,
    opens: /(?<![\w+])\+(?:\d(?:[ ().-]{0,2}\d){0,14}[ ().-]{0,2})?$/,
  },
  {
    name: 'card',
    kind: 'personalData',
    pattern: /(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])/g,
    holds: isLuhn,
    opens: /(?<![\w-])\d(?:[ -]?\d){0,18}[ -]?$/,
  },
  {
    name: 'iban',
    kind: 'personalData',
    pattern: /(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?!\w)/g,
    holds: isIban,
    opens: /(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]){0,30} ?$/,
  },
  { name: 'social-security-number', kind: 'personalData', pattern: /(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])/g },
  {
    name: 'api-key',
    kind: 'secrets',
    pattern:
      /(?<![\w-])(?:(?:sk|rk|pk)[-_][\w-]{20,200}|gh[opsu]_\w{36,255}|github_pat_\w{22,255}|glpat-[\w-]{20,100}|xox[abprs]-[\w-]{10,200}|AIza[\w-]{35}|(?:AKIA|ASIA)[A-Z0-9]{16}|gw_(?:live|test)_\w{20,100}|hf_\w{30,60})/g,
  },
  { name: 'token', kind: 'secrets', pattern: /(?<![\w-])eyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{10,1000}/g },
  {
    name: 'private-key',
    kind: 'secrets',
    pattern: /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\w\s+/=:,\\-]{0,8000}?-----END [A-Z ]{0,30}PRIVATE KEY-----/g,
    opens:
      /-----BEGIN (?:[A-Z ]{0,42}-{0,5}|[A-Z ]{0,30}PRIVATE KEY-----(?:(?!-----END [A-Z ]{0,30}PRIVATE KEY-----)[\w\s+/=:,\\-]){0,8050})$/,
  },
  {
    name: 'override',
    kind: 'injection',
    pattern:
      /\b(?:ignore|disregard|forget|override)\s{1,3}(?:all\s{1,3}|any\s{1,3}|the\s{1,3}|your\s{1,3}|my\s{1,3}|of\s{1,3}){0,3}(?:previous|prior|above|earlier|preceding|system|original)\s{1,3}(?:instructions?|prompts?|messages?|rules?|directions?)/gi,
  },
  {
    name: 'reveal-prompt',
    kind: 'injection',
    pattern:
      /\b(?:reveal|print|repeat|show|output|leak)\s{1,3}(?:me\s{1,3})?(?:your|the(?=\s{1,3}(?:hidden|full|entire|initial|system)\b))\s{1,3}(?:hidden\s{1,3}|full\s{1,3}|entire\s{1,3}|initial\s{1,3}){0,2}(?:system\s{1,3})?(?:prompt|instructions)\b/gi,
  },
  {
    name: 'role-change',
    kind: 'injection',
    pattern:
      /\byou\s{1,3}are\s{1,3}(?:now\s{1,3})(?:in\s{1,3})?(?:developer\s{1,3}mode|dan\b|jailbroken|unrestricted)/gi,
  },
]

/** A rule of a policy that is on. */
export interface ActiveRule extends Omit<Rule, 'kind'> {
  readonly action: Exclude<GuardAction, 'off'>
}

/** Phrases that talk a model out of its instructions are looked for in what it is told, not in what it says. */
export const selectRules = (policy: GuardPolicy, where: 'requests' | 'answers'): readonly ActiveRule[] => {
  const rules: ActiveRule[] = RULES.flatMap(({ kind, ...rule }) => {
    const action = kind === 'injection' && where === 'answers' ? 'off' : policy[kind]
    return action === 'off' ? [] : [{ ...rule, action }]
  })
  const { blockedTermsAction: action } = policy
  const pattern = action === 'off' ? null : patternOfTerms(policy.blockedTerms)
  return pattern === null || action === 'off' ? rules : [...rules, { name: 'blocked-term', action, pattern }]
}

/** Whole words, in any case. They are text, not patterns. */
const patternOfTerms = (terms: readonly string[]): RegExp | null => {
  const alternatives = terms
    .filter((term) => term.trim() !== '')
    .map((term) => term.trim().replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
  return alternatives.length === 0
    ? null
    : new RegExp(`(?<![\\p{L}\\p{N}_])(?:${alternatives.join('|')})(?![\\p{L}\\p{N}_])`, 'giu')
}
