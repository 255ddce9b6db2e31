import type { ChatChunk } from '@atpar/core/chat'
import { parseJsonObject, type JsonObject } from '@atpar/core/json'
import type { SseEvent } from '@atpar/core/sse'
import type { StreamDecoder } from '../contract.ts'
import { asObjects, asText } from '../fields.ts'
import { maskMessage } from '../mask-message.ts'
import { readErrorWords } from '../openai-errors.ts'
import { readFinishReason, servedModelOf } from './response.ts'
import { readUsage } from './usage.ts'

const NOTHING: readonly ChatChunk[] = []

/** Reads the events of a streamed completion: each is a piece of text of one choice, the last ones say why it ended and what it came to. */
export const openStream = (): StreamDecoder => {
  const open = new Set<number>()
  const closed = new Set<number>()
  let hasStarted = false
  let isDone = false

  const isFinished = (): boolean => isDone || (closed.size > 0 && open.size === closed.size)

  const readChoice = (choice: JsonObject, chunks: ChatChunk[]): void => {
    const index = typeof choice.index === 'number' ? choice.index : 0
    open.add(index)
    const text = asText(choice.text)
    if (text !== null && text !== '') chunks.push({ type: 'text-delta', index, text })
    const reason = readFinishReason(choice.finish_reason)
    if (reason === null || closed.has(index)) return
    closed.add(index)
    chunks.push({ type: 'finish', index, reason })
  }

  return {
    push({ data }: SseEvent) {
      if (data === '' || isDone) return NOTHING
      if (data.trim() === '[DONE]') {
        isDone = true
        return NOTHING
      }
      const body = parseJsonObject(data)
      if (body === null)
        return [{ type: 'error', code: 'malformed_event', message: 'The provider sent an event that is not JSON.' }]
      if (body.error !== undefined && body.error !== null) {
        const { code, message } = readErrorWords(body)
        return [
          { type: 'error', code, message: maskMessage(message ?? 'The provider reported an error without words.') },
        ]
      }
      const chunks: ChatChunk[] = []
      if (!hasStarted) {
        hasStarted = true
        chunks.push({ type: 'start', providerId: asText(body.id), servedModel: servedModelOf(body) })
      }
      const choices = asObjects(body.choices)
      for (const choice of choices) readChoice(choice, chunks)
      const usage = readUsage(body.usage)
      if (usage !== null) chunks.push({ type: 'usage', usage, final: choices.length === 0 || isFinished() })
      return chunks
    },
    get finished() {
      return isFinished()
    },
    get serviceTier() {
      return null
    },
  }
}
