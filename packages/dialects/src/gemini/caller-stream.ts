import type { ChatChunk, FinishReason, ProviderSignature } from '@atpar/core/chat'
import type { JsonObject } from '@atpar/core/json'
import { encodeSseData } from '@atpar/core/sse'
import type { UsageUnits } from '@atpar/core/usage'

import type { ReplyFacts, StreamEncoder } from '../contract.ts'
import { encodeError } from './errors.ts'
import { encodePart, writeFinishReason } from './response.ts'
import { writeUsage } from './usage.ts'

interface OpenCall {
  readonly index: number
  readonly id: string
  readonly name: string
  readonly signature: ProviderSignature | undefined
  argumentsJson: string
}

/** Writes `streamGenerateContent?alt=sse`. A call goes out whole: the format has no pieces of arguments. */
export const openCallerStream = (facts: ReplyFacts): StreamEncoder => {
  const calls = new Map<string, OpenCall>()
  const finished: { readonly index: number; readonly reason: FinishReason }[] = []
  let units: UsageUnits | null = null

  const write = (candidates: readonly JsonObject[], usage: JsonObject | null): string =>
    encodeSseData(
      JSON.stringify({
        candidates,
        ...(usage === null ? {} : { usageMetadata: usage }),
        modelVersion: facts.model,
        responseId: facts.generationId,
      }),
    )

  const writeParts = (index: number, parts: readonly JsonObject[]): string =>
    parts.length === 0 ? '' : write([{ content: { role: 'model', parts: [...parts] }, index }], null)

  const writeCalls = (): string => {
    const text = [...calls.values()]
      .map((call) =>
        writeParts(
          call.index,
          encodePart({
            type: 'tool-call',
            id: call.id,
            name: call.name,
            argumentsJson: call.argumentsJson,
            ...(call.signature === undefined ? {} : { signature: call.signature }),
          }),
        ),
      )
      .join('')
    calls.clear()
    return text
  }

  const push = (chunk: ChatChunk): string => {
    switch (chunk.type) {
      case 'text-delta':
      case 'refusal-delta':
        return chunk.text === '' ? '' : writeParts(chunk.index, [{ text: chunk.text }])
      case 'thinking-delta':
        return chunk.text === '' ? '' : writeParts(chunk.index, [{ text: chunk.text, thought: true }])
      case 'thinking-signature':
        return writeParts(
          chunk.index,
          encodePart({
            type: 'thinking',
            text: '',
            signature: chunk.signature,
            ...(chunk.redacted === true ? { redacted: true } : {}),
          }),
        )
      case 'tool-call-start':
        calls.set(`${chunk.index} ${chunk.callIndex}`, {
          index: chunk.index,
          id: chunk.id,
          name: chunk.name,
          signature: chunk.signature,
          argumentsJson: '',
        })
        return ''
      case 'tool-call-delta': {
        const call = calls.get(`${chunk.index} ${chunk.callIndex}`)
        if (call !== undefined) call.argumentsJson += chunk.argumentsJson
        return ''
      }
      case 'finish':
        // Held back: the usage that comes after it belongs into the same, last event.
        finished.push({ index: chunk.index, reason: chunk.reason })
        return writeCalls()
      case 'usage':
        units = chunk.usage.units
        return ''
      case 'start':
      case 'error':
        return ''
    }
  }

  return {
    push,
    end() {
      const ends = finished.length === 0 ? [{ index: 0, reason: 'stop' as const }] : finished
      const candidates = ends.map(({ index, reason }) => ({
        content: { role: 'model', parts: [] },
        finishReason: writeFinishReason(reason),
        index,
      }))
      return writeCalls() + write(candidates, units === null ? null : writeUsage(units))
    },
    fail: (error) => encodeSseData(JSON.stringify(encodeError(error, { requestId: null }))),
  }
}
