import type { ChatResponse, ContentPart, FinishReason } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import type { JsonObject, JsonValue } from '@atpar/core/json'
import type { JsonEdit } from '@atpar/core/json-splice'
import type { ReportedUsage } from '@atpar/core/usage'

import type { ReplyFacts } from '../contract.ts'
import { asObject, asObjects, asText } from '../fields.ts'
import { readSignature, writeSignature } from '../signatures.ts'
import { parseArguments } from '../tool-calls.ts'
import { readUsage, writeUsage } from './usage.ts'

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  refusal: 'refusal',
}

export const readStopReason = (value: JsonValue | undefined): FinishReason | null =>
  typeof value === 'string' ? (FINISH_REASONS[value] ?? 'stop') : null

const STOP_REASONS: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
  refusal: 'refusal',
  error: 'end_turn',
}

export const writeStopReason = (reason: FinishReason): string => STOP_REASONS[reason]

export const decodeResponse = (body: JsonObject): ChatResponse => {
  if (!Array.isArray(body.content))
    throw new AppError('upstream_malformed', { message: 'The provider answered without "content".' })
  return {
    providerId: asText(body.id),
    servedModel: asText(body.model),
    choices: [
      {
        index: 0,
        content: asObjects(body.content).flatMap(decodeBlock),
        finishReason: readStopReason(body.stop_reason),
      },
    ],
    usage: readUsage(body.usage),
    serviceTier: asText(asObject(body.usage)?.service_tier),
  }
}

const decodeBlock = (block: JsonObject): ContentPart[] => {
  switch (asText(block.type) ?? '') {
    case 'text': {
      const text = asText(block.text) ?? ''
      return text === '' ? [] : [{ type: 'text', text }]
    }
    case 'thinking':
      return [
        {
          type: 'thinking',
          text: asText(block.thinking) ?? '',
          signature: readSignature(asText(block.signature), 'anthropic-messages'),
        },
      ]
    case 'redacted_thinking':
      return [
        {
          type: 'thinking',
          text: '',
          signature: readSignature(asText(block.data), 'anthropic-messages'),
          redacted: true,
        },
      ]
    case 'tool_use': {
      const [id, name] = [asText(block.id), asText(block.name)]
      return id === null || name === null
        ? []
        : [{ type: 'tool-call', id, name, argumentsJson: JSON.stringify(asObject(block.input) ?? {}) }]
    }
    default:
      // Traces of tools that ran at the provider: their outcome is in the text.
      return []
  }
}

export const readOutcome = (
  body: JsonObject,
): {
  readonly usage: ReportedUsage | null
  readonly servedModel: string | null
  readonly hasContent: boolean
  readonly serviceTier: string | null
} => ({
  usage: readUsage(body.usage),
  servedModel: asText(body.model),
  hasContent: asObjects(body.content).some((block) => block.type !== 'text' || (asText(block.text) ?? '') !== ''),
  serviceTier: asText(asObject(body.usage)?.service_tier),
})

/** One choice: this format has no more, and its callers cannot ask for more. */
export const encodeResponse = (response: ChatResponse, facts: ReplyFacts): JsonObject => {
  const choice = response.choices[0]
  return {
    id: facts.generationId,
    type: 'message',
    role: 'assistant',
    model: facts.model,
    container: null,
    diagnostics: null,
    content: (choice?.content ?? []).flatMap(encodePart),
    stop_reason: writeStopReason(choice?.finishReason ?? 'stop'),
    stop_sequence: null,
    stop_details: null,
    usage: { ...writeUsage(response.usage?.units ?? {}), service_tier: writeServiceTier(response.serviceTier) },
  }
}

/** OpenAI's name of the ordinary tier is "default"; its other tiers have no name here but "priority". */
const writeServiceTier = (tier: string | null): string | null =>
  tier === 'default' ? 'standard' : tier === 'standard' || tier === 'priority' || tier === 'batch' ? tier : null

const encodePart = (part: ContentPart): JsonObject[] => {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text === '' ? [] : [{ type: 'text', text: part.text, citations: null }]
    case 'thinking': {
      const signature = part.signature === null ? '' : writeSignature(part.signature, 'anthropic-messages')
      return part.redacted === true
        ? [{ type: 'redacted_thinking', data: signature }]
        : [{ type: 'thinking', thinking: part.text, signature }]
    }
    case 'tool-call':
      return [
        // No field of a tool call holds a signature here; a block of its own before it does, and comes back with it.
        ...(part.signature === undefined
          ? []
          : [{ type: 'thinking', thinking: '', signature: writeSignature(part.signature, 'anthropic-messages') }]),
        {
          type: 'tool_use',
          id: part.id,
          name: part.name,
          input: parseArguments(part.argumentsJson),
          caller: { type: 'direct' },
        },
      ]
    case 'image':
      return [
        {
          type: 'text',
          text: part.source.kind === 'url' ? part.source.url : `[image ${part.source.mediaType}]`,
          citations: null,
        },
      ]
    case 'audio':
    case 'file':
    case 'tool-result':
      return []
  }
}

/** The format has no place for a cost; it is in the headers and at /v1/generation. */
export const costEdits = (): readonly JsonEdit[] => []
