import type { ChatChunk } from '@atpar/core/chat'
import { parseJsonObject, type JsonObject } from '@atpar/core/json'

import type { StreamDecoder } from '../contract.ts'
import { asObject, asText } from '../fields.ts'
import { maskMessage } from '../mask-message.ts'
import { readCalls, readFinishReason, seedOf } from './response.ts'
import { readUsage } from './usage.ts'

const INDEX = 0

/** Every line is an answer with the news of its moment; the one that is `done` has the counts. */
export const openStream = (): StreamDecoder => {
  let hasStarted = false
  let isFinished = false
  let callCount = 0

  const readNews = (body: JsonObject, chunks: ChatChunk[]): void => {
    const message = asObject(body.message) ?? {}
    const thinking = asText(message.thinking) ?? ''
    if (thinking !== '') chunks.push({ type: 'thinking-delta', index: INDEX, text: thinking })
    const text = asText(message.content) ?? ''
    if (text !== '') chunks.push({ type: 'text-delta', index: INDEX, text })
    for (const { id, name, argumentsJson } of readCalls(message, { callIndex: callCount, seed: seedOf(body) })) {
      chunks.push({ type: 'tool-call-start', index: INDEX, callIndex: callCount, id, name })
      chunks.push({ type: 'tool-call-delta', index: INDEX, callIndex: callCount, argumentsJson })
      callCount += 1
    }
  }

  const readBody = (body: JsonObject): readonly ChatChunk[] => {
    const problem = asText(body.error)
    if (problem !== null) return [{ type: 'error', code: null, message: maskMessage(problem) }]
    const chunks: ChatChunk[] = []
    if (!hasStarted) {
      hasStarted = true
      chunks.push({ type: 'start', providerId: null, servedModel: asText(body.model) })
    }
    readNews(body, chunks)
    if (body.done === true && !isFinished) {
      isFinished = true
      chunks.push({ type: 'finish', index: INDEX, reason: readFinishReason(body, callCount > 0) })
      const usage = readUsage(body)
      if (usage !== null) chunks.push({ type: 'usage', usage, final: true })
    }
    return chunks
  }

  return {
    push({ data }) {
      const body = parseJsonObject(data)
      return body === null
        ? [{ type: 'error', code: 'malformed_event', message: 'The provider sent a line that is not JSON.' }]
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
