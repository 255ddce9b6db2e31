import type { ChatChunk, ContentPart } from '@atpar/core/chat'
import { parseJsonObject, type JsonObject } from '@atpar/core/json'
import type { SseEvent } from '@atpar/core/sse'

import type { StreamDecoder } from '../contract.ts'
import { asObject, asObjects, asText } from '../fields.ts'
import { maskMessage } from '../mask-message.ts'
import { readErrorWords } from '../google-problem.ts'
import { decodePart, isBlocked, readFinishReason, readServiceTier } from './response.ts'
import { readUsage } from './usage.ts'

const NOTHING: readonly ChatChunk[] = []

interface CandidateState {
  callCount: number
  isFinished: boolean
}

/** Reads `streamGenerateContent?alt=sse`: every event is a whole response with the news of its moment, and there is no closing event. */
export const openStream = (): StreamDecoder => {
  const candidates = new Map<number, CandidateState>()
  let hasStarted = false
  let wasBlocked = false
  let seed = ''
  let serviceTier: string | null = null

  const isFinished = (): boolean =>
    wasBlocked || (candidates.size > 0 && [...candidates.values()].every((candidate) => candidate.isFinished))

  const stateOf = (index: number): CandidateState => {
    const known = candidates.get(index)
    if (known !== undefined) return known
    const fresh = { callCount: 0, isFinished: false }
    candidates.set(index, fresh)
    return fresh
  }

  const readCandidate = (candidate: JsonObject, chunks: ChatChunk[]): void => {
    const index = typeof candidate.index === 'number' ? candidate.index : 0
    const state = stateOf(index)
    for (const part of asObjects(asObject(candidate.content)?.parts)) {
      for (const decoded of decodePart(part, { callIndex: state.callCount, seed: `${seed} ${index}` })) {
        if (decoded.type === 'tool-call') {
          chunks.push({
            type: 'tool-call-start',
            index,
            callIndex: state.callCount,
            id: decoded.id,
            name: decoded.name,
            ...(decoded.signature === undefined ? {} : { signature: decoded.signature }),
          })
          chunks.push({
            type: 'tool-call-delta',
            index,
            callIndex: state.callCount,
            argumentsJson: decoded.argumentsJson,
          })
          state.callCount += 1
        } else chunks.push(...toDeltas(decoded, index))
      }
    }
    const reason = readFinishReason(candidate.finishReason, state.callCount > 0)
    if (reason === null || state.isFinished) return
    state.isFinished = true
    chunks.push({ type: 'finish', index, reason })
  }

  const readBody = (body: JsonObject): readonly ChatChunk[] => {
    if (body.error !== undefined && body.error !== null) {
      const { code, message } = readErrorWords(body)
      return [{ type: 'error', code, message: maskMessage(message ?? 'The provider reported an error without words.') }]
    }
    const chunks: ChatChunk[] = []
    if (!hasStarted) {
      hasStarted = true
      seed = asText(body.responseId) ?? ''
      chunks.push({ type: 'start', providerId: asText(body.responseId), servedModel: asText(body.modelVersion) })
    }
    serviceTier = readServiceTier(body) ?? serviceTier
    const content: ChatChunk[] = []
    for (const candidate of asObjects(body.candidates)) readCandidate(candidate, content)
    if (isBlocked(body) && !wasBlocked) {
      wasBlocked = true
      content.push({ type: 'finish', index: 0, reason: 'content-filter' })
    }
    // Before the content of its event: formats that tell the input size at their start then know it.
    const usage = readUsage(body.usageMetadata)
    if (usage !== null) chunks.push({ type: 'usage', usage, final: isFinished() })
    return chunks.length === 0 ? content : [...chunks, ...content]
  }

  return {
    push(event: SseEvent) {
      if (event.data === '') return NOTHING
      const body = parseJsonObject(event.data)
      return body === null
        ? [{ type: 'error', code: 'malformed_event', message: 'The provider sent an event that is not JSON.' }]
        : readBody(body)
    },
    get finished() {
      return isFinished()
    },
    get serviceTier() {
      return serviceTier
    },
  }
}

const toDeltas = (part: ContentPart, index: number): ChatChunk[] => {
  switch (part.type) {
    case 'text':
      return [{ type: 'text-delta', index, text: part.text }]
    case 'thinking': {
      const text: ChatChunk[] = part.text === '' ? [] : [{ type: 'thinking-delta', index, text: part.text }]
      return part.signature === null
        ? text
        : [
            ...text,
            {
              type: 'thinking-signature',
              index,
              signature: part.signature,
              ...(part.redacted === true ? { redacted: true } : {}),
            },
          ]
    }
    case 'image':
    case 'audio':
    case 'file':
      // No streamed format carries media in pieces; a data address in the text is the one thing every client can show.
      return part.source.kind === 'base64'
        ? [
            {
              type: 'text-delta',
              index,
              text: `![${part.type}](data:${part.source.mediaType};base64,${part.source.data})`,
            },
          ]
        : []
    case 'tool-call':
    case 'tool-result':
    case 'refusal':
      return []
  }
}
