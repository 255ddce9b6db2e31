import type { ChatResponse, ContentPart, FinishReason } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import type { JsonObject, JsonValue } from '@atpar/core/json'
import type { ReportedUsage } from '@atpar/core/usage'

import { asObject, asObjects, asText } from '../fields.ts'
import { normalizeArguments } from '../tool-calls.ts'
import { readUsage } from './usage.ts'

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  COMPLETE: 'stop',
  STOP_SEQUENCE: 'stop',
  MAX_TOKENS: 'length',
  TOOL_CALL: 'tool-calls',
  ERROR: 'error',
  TIMEOUT: 'error',
}

export const readFinishReason = (value: JsonValue | undefined): FinishReason | null =>
  typeof value === 'string' ? (FINISH_REASONS[value] ?? 'stop') : null

/** Citations have no place in a caller's format; what they point at is in the text. */
export const decodeResponse = (body: JsonObject): ChatResponse => {
  const message = asObject(body.message)
  if (message === null)
    throw new AppError('upstream_malformed', { message: 'The provider answered without "message".' })
  return {
    providerId: asText(body.id),
    servedModel: null,
    choices: [{ index: 0, content: decodeMessage(message), finishReason: readFinishReason(body.finish_reason) }],
    usage: readUsage(body.usage),
    serviceTier: null,
  }
}

const decodeMessage = (message: JsonObject): ContentPart[] => {
  const plan = asText(message.tool_plan) ?? ''
  return [
    ...asObjects(message.content).flatMap(decodeBlock),
    ...(plan === '' ? [] : [{ type: 'text', text: plan } as const]),
    ...asObjects(message.tool_calls).flatMap(decodeCall),
  ]
}

const decodeBlock = (block: JsonObject): ContentPart[] => {
  const thinking = asText(block.thinking)
  if (thinking !== null) return thinking === '' ? [] : [{ type: 'thinking', text: thinking, signature: null }]
  const text = asText(block.text) ?? ''
  return text === '' ? [] : [{ type: 'text', text }]
}

const decodeCall = (call: JsonObject): ContentPart[] => {
  const [id, name] = [asText(call.id), asText(asObject(call.function)?.name)]
  return id === null || name === null
    ? []
    : [
        {
          type: 'tool-call',
          id,
          name,
          argumentsJson: normalizeArguments(asText(asObject(call.function)?.arguments)),
        },
      ]
}

export const readOutcome = (
  body: JsonObject,
): {
  readonly usage: ReportedUsage | null
  readonly servedModel: string | null
  readonly hasContent: boolean
  readonly serviceTier: string | null
} => {
  const message = asObject(body.message)
  return {
    usage: readUsage(body.usage),
    servedModel: null,
    hasContent: message !== null && decodeMessage(message).length > 0,
    serviceTier: null,
  }
}
