import type { ChatChoice, ChatResponse, ContentPart, FinishReason } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import type { JsonObject, JsonValue } from '@atpar/core/json'
import type { JsonEdit } from '@atpar/core/json-splice'
import type { ReportedUsage } from '@atpar/core/usage'

import type { ReplyFacts } from '../contract.ts'
import { asObject, asObjects, asText } from '../fields.ts'
import { readSignature, writeSignature } from '../signatures.ts'
import { isMintedToolCallId, mintToolCallId, parseArguments } from '../tool-calls.ts'
import { readUsage, writeUsage } from './usage.ts'

/** https://ai.google.dev/api/generate-content#FinishReason; whatever is not named here was stopped by one of Google's filters. */
const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  FINISH_REASON_UNSPECIFIED: 'stop',
  STOP: 'stop',
  CONTINUATION: 'stop',
  MAX_TOKENS: 'length',
  MALFORMED_FUNCTION_CALL: 'error',
  UNEXPECTED_TOOL_CALL: 'error',
  TOO_MANY_TOOL_CALLS: 'error',
  MALFORMED_RESPONSE: 'error',
  OTHER: 'error',
}

export const readFinishReason = (value: JsonValue | undefined, calledTools: boolean): FinishReason | null => {
  if (typeof value !== 'string' || value === '') return null
  // Nothing was filtered where tools were called, whatever a compatible server calls that end (`FUNCTION_CALL`).
  const reason = FINISH_REASONS[value] ?? (calledTools ? 'stop' : 'content-filter')
  return reason === 'stop' && calledTools ? 'tool-calls' : reason
}

const WRITTEN_REASONS: Readonly<Record<FinishReason, string>> = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  'tool-calls': 'STOP',
  'content-filter': 'SAFETY',
  refusal: 'SAFETY',
  error: 'OTHER',
}

export const writeFinishReason = (reason: FinishReason): string => WRITTEN_REASONS[reason]

/** The prompt itself was refused: an answer without candidates. */
export const isBlocked = (body: JsonObject): boolean => asText(asObject(body.promptFeedback)?.blockReason) !== null

export const decodeResponse = (body: JsonObject): ChatResponse => {
  const responseId = asText(body.responseId)
  const candidates = asObjects(body.candidates)
  if (candidates.length === 0 && !isBlocked(body))
    throw new AppError('upstream_malformed', { message: 'The provider answered without "candidates".' })
  const blocked: ChatChoice = { index: 0, content: [], finishReason: 'content-filter' }
  return {
    providerId: responseId,
    servedModel: asText(body.modelVersion),
    choices:
      candidates.length === 0
        ? [blocked]
        : candidates.map((candidate, position) => decodeCandidate(candidate, { position, seed: responseId ?? '' })),
    usage: readUsage(body.usageMetadata),
    serviceTier: readServiceTier(body),
  }
}

export const readServiceTier = (body: JsonObject): string | null => asText(asObject(body.usageMetadata)?.serviceTier)

const decodeCandidate = (
  candidate: JsonObject,
  origin: { readonly position: number; readonly seed: string },
): ChatChoice => {
  const index = typeof candidate.index === 'number' ? candidate.index : origin.position
  const content: ContentPart[] = []
  let callCount = 0
  for (const part of asObjects(asObject(candidate.content)?.parts)) {
    const decoded = decodePart(part, { callIndex: callCount, seed: `${origin.seed} ${index}` })
    callCount += decoded.filter((item) => item.type === 'tool-call').length
    content.push(...decoded)
  }
  return { index, content: joinTexts(content), finishReason: readFinishReason(candidate.finishReason, callCount > 0) }
}

/** One part of an answer. A call without an id gets one that depends only on the answer. */
export const decodePart = (
  part: JsonObject,
  origin: { readonly callIndex: number; readonly seed: string },
): ContentPart[] => {
  const signature = readSignature(asText(part.thoughtSignature), 'gemini')
  const call = asObject(part.functionCall)
  if (call !== null) {
    const name = asText(call.name)
    if (name === null) return []
    const argumentsJson = JSON.stringify(asObject(call.args) ?? {})
    const id = asText(call.id)
    const stable =
      id === null || id === '' ? mintToolCallId(origin.callIndex, `${origin.seed} ${name} ${argumentsJson}`) : id
    return [{ type: 'tool-call', id: stable, name, argumentsJson, ...(signature === null ? {} : { signature }) }]
  }
  const media = asObject(part.inlineData)
  if (media !== null) {
    const [mediaType, data] = [asText(media.mimeType), asText(media.data)]
    if (mediaType === null || data === null) return []
    return [{ type: mediaType.startsWith('audio/') ? 'audio' : 'image', source: { kind: 'base64', mediaType, data } }]
  }
  const text = asText(part.text) ?? ''
  if (part.thought === true) return text === '' && signature === null ? [] : [{ type: 'thinking', text, signature }]
  const signed: ContentPart[] = signature === null ? [] : [{ type: 'thinking', text: '', signature, redacted: true }]
  return text === '' ? signed : [...signed, { type: 'text', text }]
}

/** The API cuts text into parts at will. */
const joinTexts = (parts: readonly ContentPart[]): ContentPart[] => {
  const joined: ContentPart[] = []
  for (const part of parts) {
    const last = joined.at(-1)
    if (part.type === 'text' && last?.type === 'text')
      joined[joined.length - 1] = { type: 'text', text: last.text + part.text }
    else joined.push(part)
  }
  return joined
}

export const readOutcome = (
  body: JsonObject,
): {
  readonly usage: ReportedUsage | null
  readonly servedModel: string | null
  readonly hasContent: boolean
  readonly serviceTier: string | null
} => ({
  usage: readUsage(body.usageMetadata),
  servedModel: asText(body.modelVersion),
  hasContent: asObjects(body.candidates).some((candidate) =>
    asObjects(asObject(candidate.content)?.parts).some((part) => part.text !== ''),
  ),
  serviceTier: readServiceTier(body),
})

export const encodeResponse = (response: ChatResponse, facts: ReplyFacts): JsonObject => ({
  candidates: response.choices.map((choice) => ({
    content: { role: 'model', parts: choice.content.flatMap(encodePart) },
    finishReason: writeFinishReason(choice.finishReason ?? 'stop'),
    index: choice.index,
  })),
  ...(response.usage === null ? {} : { usageMetadata: writeUsage(response.usage.units) }),
  modelVersion: facts.model,
  responseId: facts.generationId,
})

export const encodePart = (part: ContentPart): JsonObject[] => {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text === '' ? [] : [{ text: part.text }]
    case 'thinking':
      return [
        {
          ...(part.redacted === true ? { text: '' } : { text: part.text, thought: true }),
          ...(part.signature === null ? {} : { thoughtSignature: writeSignature(part.signature, 'gemini') }),
        },
      ]
    case 'tool-call':
      return [
        {
          functionCall: {
            ...(isMintedToolCallId(part.id) ? {} : { id: part.id }),
            name: part.name,
            args: parseArguments(part.argumentsJson),
          },
          ...(part.signature === undefined ? {} : { thoughtSignature: writeSignature(part.signature, 'gemini') }),
        },
      ]
    case 'image':
    case 'audio':
    case 'file':
      return [
        part.source.kind === 'base64'
          ? { inlineData: { mimeType: part.source.mediaType, data: part.source.data } }
          : { fileData: { fileUri: part.source.url } },
      ]
    case 'tool-result':
      return []
  }
}

/** The format has no place for a cost; it is in the headers and at /v1/generation. */
export const costEdits = (): readonly JsonEdit[] => []
