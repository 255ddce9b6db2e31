import type { ChatChunk } from '@atpar/core/chat'
import { parseJsonObject, type JsonObject } from '@atpar/core/json'

import type { StreamDecoder } from '../contract.ts'
import { asObject, asText } from '../fields.ts'
import { maskMessage } from '../mask-message.ts'
import { readFinishReason } from './response.ts'
import { readUsage } from './usage.ts'

const NOTHING: readonly ChatChunk[] = []
const INDEX = 0

interface OpenCall {
  readonly callIndex: number
  hasArguments: boolean
}

/** Reads https://docs.cohere.com/docs/streaming. The payload's own `type` counts, not the event's name. */
export const openStream = (): StreamDecoder => {
  const calls = new Map<number, OpenCall>()
  let isFinished = false

  const readContent = (message: JsonObject | null): readonly ChatChunk[] => {
    const content = asObject(message?.content)
    const thinking = asText(content?.thinking) ?? ''
    if (thinking !== '') return [{ type: 'thinking-delta', index: INDEX, text: thinking }]
    const text = asText(content?.text) ?? ''
    return text === '' ? NOTHING : [{ type: 'text-delta', index: INDEX, text }]
  }

  const readCallStart = (position: number, message: JsonObject | null): readonly ChatChunk[] => {
    const call = asObject(message?.tool_calls)
    const said = asObject(call?.function)
    const [id, name] = [asText(call?.id), asText(said?.name)]
    if (id === null || name === null) return NOTHING
    const callIndex = calls.size
    calls.set(position, { callIndex, hasArguments: false })
    return [{ type: 'tool-call-start', index: INDEX, callIndex, id, name }, ...readArguments(position, said)]
  }

  const readArguments = (position: number, said: JsonObject | null): readonly ChatChunk[] => {
    const call = calls.get(position)
    const argumentsJson = asText(said?.arguments) ?? ''
    if (call === undefined || argumentsJson === '') return NOTHING
    call.hasArguments = true
    return [{ type: 'tool-call-delta', index: INDEX, callIndex: call.callIndex, argumentsJson }]
  }

  const readCallEnd = (position: number): readonly ChatChunk[] => {
    const call = calls.get(position)
    if (call === undefined || call.hasArguments) return NOTHING
    call.hasArguments = true
    return [{ type: 'tool-call-delta', index: INDEX, callIndex: call.callIndex, argumentsJson: '{}' }]
  }

  const readEnd = (delta: JsonObject | null): readonly ChatChunk[] => {
    const usage = readUsage(delta?.usage)
    const counted: ChatChunk[] = usage === null ? [] : [{ type: 'usage', usage, final: true }]
    const reason = readFinishReason(delta?.finish_reason)
    const problem = asText(delta?.error)
    if (reason === 'error' || problem !== null)
      return [
        ...counted,
        {
          type: 'error',
          code: asText(delta?.finish_reason),
          message: maskMessage(problem ?? 'The provider reported an error without words.'),
        },
      ]
    isFinished = true
    return [{ type: 'finish', index: INDEX, reason: reason ?? 'stop' }, ...counted]
  }

  const readBody = (body: JsonObject): readonly ChatChunk[] => {
    const position = typeof body.index === 'number' ? body.index : 0
    const delta = asObject(body.delta)
    const message = asObject(delta?.message)
    switch (asText(body.type) ?? '') {
      case 'message-start':
        return [{ type: 'start', providerId: asText(body.id), servedModel: null }]
      case 'content-start':
      case 'content-delta':
        return readContent(message)
      case 'tool-plan-delta': {
        const plan = asText(message?.tool_plan) ?? ''
        return plan === '' ? NOTHING : [{ type: 'text-delta', index: INDEX, text: plan }]
      }
      case 'tool-call-start':
        return readCallStart(position, message)
      case 'tool-call-delta':
        return readArguments(position, asObject(asObject(message?.tool_calls)?.function))
      case 'tool-call-end':
        return readCallEnd(position)
      case 'message-end':
        return readEnd(delta)
      default:
        // Ends of blocks, and citations, which no caller's format has a place for.
        return NOTHING
    }
  }

  return {
    push({ data }) {
      if (data === '' || data === '[DONE]') return NOTHING
      const body = parseJsonObject(data)
      return body === null
        ? [{ type: 'error', code: 'malformed_event', message: 'The provider sent an event that is not JSON.' }]
        : readBody(body)
    },
    get finished() {
      return isFinished
    },
    get serviceTier() {
      return null
    },
  }
}
