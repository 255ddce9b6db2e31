import { selectRules } from './guard-rules.ts'
import { guardMembers, type GuardResult } from './guard-scan.ts'
import { createTextGuard, type Finding } from './guard-text.ts'
import type { GuardPolicy } from './guardrails.ts'
import type { JsonObject, JsonValue } from './json.ts'

/** Where formats put what a model says: OpenAI's, Anthropic's, Gemini's, transcripts, and pictures with the words they were drawn from. */
const ANSWER_MEMBERS = [
  'choices',
  'output',
  'output_text',
  'content',
  'candidates',
  'text',
  'segments',
  'data',
] as const

/**
 * Looks through a complete answer. Where something is blacked out, what says the same in smaller pieces goes too: the probabilities of its tokens, the
 * times of its words.
 */
export const guardAnswer = (json: JsonObject, policy: GuardPolicy): GuardResult => {
  const scan = createTextGuard(selectRules(policy, 'answers'))
  const { edits, json: guarded } = guardMembers(json, ANSWER_MEMBERS, scan)
  const findings = scan.findings()
  if (edits.length === 0) return { findings, edits, json }
  const without = dropPieces(guarded)
  const changed = Object.entries(without).filter(([name, value]) => value !== json[name])
  return {
    findings,
    json: without,
    edits: changed.map(([name, value]) => ({ path: [name], value: JSON.stringify(value) })),
  }
}

/** Of a plain text: subtitles, a transcript without anything around it. */
export const guardText = (
  text: string,
  policy: GuardPolicy,
): { readonly text: string; readonly findings: readonly Finding[] } => {
  const scan = createTextGuard(selectRules(policy, 'answers'))
  return { text: scan.text(text), findings: scan.findings() }
}

const PIECES = new Set(['logprobs', 'logprobsResult', 'words', 'tokens'])

const dropPieces = (object: JsonObject): JsonObject => {
  let after = object
  for (const [key, value] of Object.entries(object)) {
    const kept = PIECES.has(key) ? (Array.isArray(value) ? [] : null) : dropWithin(value)
    if (kept !== value) after = { ...after, [key]: kept }
  }
  return after
}

const dropWithin = (value: JsonValue): JsonValue => {
  if (Array.isArray(value)) {
    const after = value.map(dropWithin)
    return after.some((each, index) => each !== value[index]) ? after : value
  }
  return typeof value === 'object' && value !== null ? dropPieces(value) : value
}
