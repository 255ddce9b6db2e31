import { AppError } from './errors.ts'
import { selectRules } from './guard-rules.ts'
import { createTextGuard, type Finding, type TextGuard } from './guard-text.ts'
import { bindsText, type GuardPolicy } from './guardrails.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { JsonEdit } from './json-splice.ts'

/** Where people and tools put words. Everything else of a body is structure. */
const CONTENT_MEMBERS = [
  'messages',
  'contents',
  'input',
  'prompt',
  'suffix',
  'prediction',
  'negative_prompt',
  'instructions',
  'system',
  'systemInstruction',
  'system_instruction',
  'query',
  'documents',
  'content',
  'requests',
  'title',
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
  'base64',
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

/**
 * Looks through the words of a body. What is to be blacked out is, in the result; what is to be refused is for the caller to refuse.
 * @throws AppError `guardrail_blocked` for a parameter that the policy refuses
 */
export const guardBody = (json: JsonObject, policy: GuardPolicy): GuardResult => {
  refuseParameters(json, policy)
  const scan = createTextGuard(selectRules(policy, 'requests'))
  const guarded = guardMembers(json, CONTENT_MEMBERS, scan)
  const findings = scan.findings()
  return { ...guarded, findings: bindsText(policy) && hasTokenNumbers(json) ? [...findings, TOKEN_NUMBERS] : findings }
}

const refuseParameters = (json: JsonObject, { refusedParameters }: GuardPolicy): void => {
  const refused = refusedParameters.find((name) => json[name] !== undefined)
  if (refused === undefined) return
  throw new AppError('guardrail_blocked', {
    param: refused,
    message: `A guardrail of your organization does not allow "${refused}". Leave it out.`,
  })
}

/** Members of an object looked through, each whole. */
export const guardMembers = (
  json: JsonObject,
  members: readonly string[],
  scan: TextGuard,
): Pick<GuardResult, 'edits' | 'json'> => {
  const edits: JsonEdit[] = []
  let result = json
  for (const member of members) {
    const value = json[member]
    if (value === undefined) continue
    const guarded = guardValue(value, scan)
    if (guarded === value) continue
    edits.push({ path: [member], value: JSON.stringify(guarded) })
    result = { ...result, [member]: guarded }
  }
  return { edits, json: result }
}

/** The same value where nothing was blacked out. */
const guardValue = (before: JsonValue, scan: TextGuard): JsonValue => {
  if (typeof before === 'string') return scan.text(before)
  if (typeof before !== 'object' || before === null) return before
  if (Array.isArray(before)) {
    const after = before.map((each) => guardValue(each, scan))
    return after.some((each, index) => each !== before[index]) ? after : before
  }
  let after = before
  for (const [key, member] of Object.entries(before)) {
    if (NO_WORDS.has(key) || (typeof member === 'string' && member.startsWith('data:'))) continue
    const guarded = guardValue(member, scan)
    if (guarded !== member) after = { ...after, [key]: guarded }
  }
  return after
}

/** Words may be sent as the numbers of their tokens, which no rule can read. */
const TOKEN_NUMBERS: Finding = { rule: 'token-numbers', action: 'block', count: 1 }

const hasTokenNumbers = (json: JsonObject): boolean =>
  [json['input'], json['prompt']].some(
    (value) => Array.isArray(value) && value.some((each) => typeof each === 'number' || Array.isArray(each)),
  )
