import type { GuardAction, GuardPolicy } from './guardrails.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { JsonEdit } from './json-splice.ts'

/** What was found in a request, how often and what was done about it. Never what it was. */
export interface Finding {
  readonly rule: string
  readonly action: Exclude<GuardAction, 'off'>
  readonly count: number
}

interface Rule {
  readonly name: string
  readonly kind: 'personalData' | 'secrets' | 'injection'
  /** Without unbounded repetition: looking takes a bounded number of steps per character, whatever the text (a test reads the source). */
  readonly pattern: RegExp
  /** What looks like one and is none. */
  readonly holds?: (match: string) => boolean
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
  { name: 'phone', kind: 'personalData', pattern: /(?<![\w+])\+\d(?:[ ().-]{0,2}\d){7,14}(?!\d)/g },
  { name: 'card', kind: 'personalData', pattern: /(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])/g, holds: isLuhn },
  { name: 'iban', kind: 'personalData', pattern: /(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?!\w)/g, holds: isIban },
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

/** Where people and tools put words. Everything else of a body is structure. */
const CONTENT_MEMBERS = [
  'messages',
  'contents',
  'input',
  'prompt',
  'instructions',
  'system',
  'systemInstruction',
  'system_instruction',
  'query',
  'documents',
] as const

/** Members of a message that are no words: names, types, bytes in base64, signatures. */
const NO_WORDS = new Set([
  'role',
  'type',
  'id',
  'name',
  'model',
  'data',
  'media_type',
  'mimeType',
  'mime_type',
  'signature',
  'thoughtSignature',
  'tool_call_id',
  'tool_use_id',
  'call_id',
  'encrypted_content',
  'file_data',
  'b64_json',
  'format',
  'detail',
])

export interface GuardResult {
  readonly findings: readonly Finding[]
  /** What redaction changed: members of the body, whole. */
  readonly edits: readonly JsonEdit[]
  /** The body as it is to be read from here on. */
  readonly json: JsonObject
}

/** Looks through the words of a body. What is to be blacked out is, in the result; what is to be refused is for the caller to refuse. */
export const guardBody = (json: JsonObject, policy: GuardPolicy): GuardResult => {
  const scan = createScan(policy)
  const edits: JsonEdit[] = []
  let result = json
  for (const member of CONTENT_MEMBERS) {
    const value = json[member]
    if (value === undefined) continue
    const guarded = scan.value(value)
    if (guarded === value) continue
    edits.push({ path: [member], value: JSON.stringify(guarded) })
    result = { ...result, [member]: guarded }
  }
  return { findings: scan.findings(), edits, json: result }
}

const createScan = (policy: GuardPolicy) => {
  const counts = new Map<string, { action: Exclude<GuardAction, 'off'>; count: number }>()
  const note = (rule: string, action: Exclude<GuardAction, 'off'>): void => {
    const known = counts.get(rule)
    if (known === undefined) counts.set(rule, { action, count: 1 })
    else known.count += 1
  }
  const terms = policy.blockedTermsAction === 'off' ? null : patternOfTerms(policy.blockedTerms)
  const rules = RULES.flatMap(({ name, kind, pattern, holds }) => {
    const action = policy[kind]
    return action === 'off' ? [] : [{ name, action, pattern, holds }]
  })
  if (terms !== null && policy.blockedTermsAction !== 'off')
    rules.push({ name: 'blocked-term', action: policy.blockedTermsAction, pattern: terms, holds: undefined })

  const text = (before: string): string => {
    let after = before
    for (const { name, action, pattern, holds } of rules)
      after = after.replace(pattern, (match) => {
        if (holds !== undefined && !holds(match)) return match
        note(name, action)
        return action === 'redact' ? `[${name}]` : match
      })
    return after
  }

  /** The same value where nothing was blacked out. */
  const value = (before: JsonValue): JsonValue => {
    if (typeof before === 'string') return text(before)
    if (typeof before !== 'object' || before === null) return before
    if (Array.isArray(before)) {
      const after = before.map(value)
      return after.some((each, index) => each !== before[index]) ? after : before
    }
    let after = before
    for (const [key, member] of Object.entries(before)) {
      if (NO_WORDS.has(key) || (typeof member === 'string' && member.startsWith('data:'))) continue
      const guarded = value(member)
      if (guarded !== member) after = { ...after, [key]: guarded }
    }
    return after
  }

  return { value, findings: (): readonly Finding[] => [...counts].map(([rule, found]) => ({ rule, ...found })) }
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
