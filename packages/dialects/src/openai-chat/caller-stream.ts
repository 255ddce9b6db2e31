import type { ChatChunk } from '@atpar/core/chat'
import { encodeSseData } from '@atpar/core/sse'
import type { UsageUnits } from '@atpar/core/usage'

import type { StreamEncoder, StreamFacts } from '../contract.ts'
import { encodeError } from './errors.ts'
import { writeReasoningDetail, writeToolSignature } from './reasoning-details.ts'
import { writeFinishReason } from './response.ts'
import { writeUsage } from './usage.ts'

/** Writes https://platform.openai.com/docs/api-reference/chat-streaming. */
export const openCallerStream = (facts: StreamFacts): StreamEncoder => {
  const head = `{"id":${JSON.stringify(facts.generationId)},"object":"chat.completion.chunk","created":${Math.floor(facts.createdAtMs / 1000)},"model":${JSON.stringify(facts.model)},"choices":[`
  // Whoever asked for usage gets the field in every chunk, null until the last.
  const tail = facts.wantsUsage ? '],"usage":null}' : ']}'
  const started = new Set<number>()
  const details = new Map<number, number>()
  let units: UsageUnits | null = null

  const write = (index: number, delta: string, finishReason: string | null): string =>
    encodeSseData(
      `${head}{"index":${index},"delta":${delta},"finish_reason":${finishReason === null ? 'null' : JSON.stringify(finishReason)}}${tail}`,
    )

  const open = (index: number): string => {
    if (started.has(index)) return ''
    started.add(index)
    return write(index, '{"role":"assistant","content":""}', null)
  }

  const writeDelta = (index: number, delta: object): string => open(index) + write(index, JSON.stringify(delta), null)

  const push = (chunk: ChatChunk): string => {
    switch (chunk.type) {
      case 'text-delta':
        return chunk.text === ''
          ? ''
          : `${open(chunk.index)}${write(chunk.index, `{"content":${JSON.stringify(chunk.text)}}`, null)}`
      case 'thinking-delta':
        return chunk.text === ''
          ? ''
          : `${open(chunk.index)}${write(chunk.index, `{"reasoning_content":${JSON.stringify(chunk.text)}}`, null)}`
      case 'refusal-delta':
        return chunk.text === '' ? '' : writeDelta(chunk.index, { refusal: chunk.text })
      case 'thinking-signature': {
        const position = details.get(chunk.index) ?? 0
        details.set(chunk.index, position + 1)
        return writeDelta(chunk.index, {
          reasoning_details: [
            writeReasoningDetail(
              {
                text: '',
                signature: chunk.signature,
                ...(chunk.redacted === undefined ? {} : { redacted: chunk.redacted }),
              },
              position,
            ),
          ],
        })
      }
      case 'tool-call-start':
        return writeDelta(chunk.index, {
          tool_calls: [
            {
              index: chunk.callIndex,
              id: chunk.id,
              type: 'function',
              function: { name: chunk.name, arguments: '' },
              ...writeToolSignature(chunk.signature),
            },
          ],
        })
      case 'tool-call-delta':
        return writeDelta(chunk.index, {
          tool_calls: [{ index: chunk.callIndex, function: { arguments: chunk.argumentsJson } }],
        })
      case 'finish':
        return open(chunk.index) + write(chunk.index, '{}', writeFinishReason(chunk.reason))
      case 'usage':
        units = chunk.usage.units
        return ''
      case 'start':
      case 'error':
        // The start is told with the first content; errors reach the caller through `fail`, typed.
        return ''
    }
  }

  return {
    push,
    end({ costUsd }) {
      const usage =
        facts.wantsUsage && units !== null
          ? encodeSseData(`${head}],"usage":${JSON.stringify(writeUsage(units, costUsd))}}`)
          : ''
      return `${usage}${encodeSseData('[DONE]')}`
    },
    fail(error) {
      const { error: described } = encodeError(error, { requestId: null })
      return encodeSseData(
        `${head}{"index":0,"delta":{},"finish_reason":"error"}],"error":${JSON.stringify(described)}}`,
      )
    },
  }
}
