import { encodeSseData } from '@atpar/core/sse'
import type { UsageUnits } from '@atpar/core/usage'
import type { StreamEncoder, StreamFacts } from '../contract.ts'
import { encodeError } from '../openai-errors.ts'
import { writeFinishReason } from './response.ts'
import { writeUsage } from './usage.ts'

/** A streamed completion: what was thought and which tools were called has no place in it. */
export const openCallerStream = (facts: StreamFacts): StreamEncoder => {
  const head = `{"id":${JSON.stringify(facts.generationId)},"object":"text_completion","created":${Math.floor(facts.createdAtMs / 1000)},"model":${JSON.stringify(facts.model)},"choices":[`
  const tail = facts.wantsUsage ? '],"usage":null}' : ']}'
  let units: UsageUnits | null = null

  const write = (index: number, text: string, finishReason: string | null): string =>
    encodeSseData(
      `${head}{"text":${JSON.stringify(text)},"index":${index},"logprobs":null,"finish_reason":${JSON.stringify(finishReason)}}${tail}`,
    )

  return {
    push(chunk) {
      switch (chunk.type) {
        case 'text-delta':
          return chunk.text === '' ? '' : write(chunk.index, chunk.text, null)
        case 'refusal-delta':
          return chunk.text === '' ? '' : write(chunk.index, chunk.text, null)
        case 'finish':
          return write(chunk.index, '', writeFinishReason(chunk.reason))
        case 'usage':
          units = chunk.usage.units
          return ''
        case 'start':
        case 'error':
        case 'thinking-delta':
        case 'thinking-signature':
        case 'tool-call-start':
        case 'tool-call-delta':
          return ''
      }
    },
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
        `${head}{"text":"","index":0,"logprobs":null,"finish_reason":"error"}],"error":${JSON.stringify(described)}}`,
      )
    },
  }
}
