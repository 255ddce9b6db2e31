import type { ChatResponse, ContentPart, FinishReason } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'
import type { ReportedUsage } from '@atpar/core/usage'

import { asObject, asObjects, asText } from '../fields.ts'
import { mintToolCallId } from '../tool-calls.ts'
import { readUsage } from './usage.ts'

export interface DecodedCall {
  readonly id: string
  readonly name: string
  readonly argumentsJson: string
}

/** Calls come whole, with their arguments as an object, and in most versions without an id. */
export const readCalls = (
  message: JsonObject,
  from: { readonly callIndex: number; readonly seed: string },
): readonly DecodedCall[] =>
  asObjects(message.tool_calls).flatMap((call, index): DecodedCall[] => {
    const said = asObject(call.function)
    const name = asText(said?.name)
    if (name === null) return []
    const argumentsJson = JSON.stringify(asObject(said?.arguments) ?? {})
    const callIndex = from.callIndex + index
    const id = asText(call.id) ?? ''
    return [
      {
        id: id === '' ? mintToolCallId(callIndex, `${from.seed} ${name} ${argumentsJson}`) : id,
        name,
        argumentsJson,
      },
    ]
  })

export const readFinishReason = (body: JsonObject, hasCalls: boolean): FinishReason =>
  body.done_reason === 'length' ? 'length' : hasCalls ? 'tool-calls' : 'stop'

/** What tells one answer from another: it has no id. */
export const seedOf = (body: JsonObject): string => asText(body.created_at) ?? ''

export const decodeResponse = (body: JsonObject): ChatResponse => {
  const message = asObject(body.message)
  if (message === null)
    throw new AppError('upstream_malformed', { message: 'The provider answered without "message".' })
  const content = decodeMessage(message, seedOf(body))
  const hasCalls = content.some((part) => part.type === 'tool-call')
  return {
    providerId: null,
    servedModel: asText(body.model),
    choices: [{ index: 0, content, finishReason: body.done === true ? readFinishReason(body, hasCalls) : null }],
    usage: readUsage(body),
    serviceTier: null,
  }
}

const decodeMessage = (message: JsonObject, seed: string): ContentPart[] => {
  const thinking = asText(message.thinking) ?? ''
  const text = asText(message.content) ?? ''
  return [
    ...(thinking === '' ? [] : [{ type: 'thinking', text: thinking, signature: null } as const]),
    ...(text === '' ? [] : [{ type: 'text', text } as const]),
    ...readCalls(message, { callIndex: 0, seed }).map((call) => ({ type: 'tool-call', ...call }) as const),
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
    usage: readUsage(body),
    servedModel: asText(body.model),
    hasContent: message !== null && decodeMessage(message, '').length > 0,
    serviceTier: null,
  }
}
