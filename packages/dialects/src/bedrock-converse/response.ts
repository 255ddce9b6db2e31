import type { ChatResponse, ContentPart, FinishReason } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import type { JsonObject, JsonValue } from '@atpar/core/json'
import type { ReportedUsage } from '@atpar/core/usage'

import { asObject, asObjects, asText } from '../fields.ts'
import { readSignature } from '../signatures.ts'
import { readUsage } from './usage.ts'

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  guardrail_intervened: 'content-filter',
  content_filtered: 'content-filter',
  malformed_model_output: 'error',
  malformed_tool_use: 'error',
}

export const readStopReason = (value: JsonValue | undefined): FinishReason | null =>
  typeof value === 'string' ? (FINISH_REASONS[value] ?? 'stop') : null

const blocksOf = (body: JsonObject): readonly JsonObject[] | null => {
  const content = asObject(asObject(body.output)?.message)?.content
  return Array.isArray(content) ? asObjects(content) : null
}

export const decodeResponse = (body: JsonObject): ChatResponse => {
  const blocks = blocksOf(body)
  if (blocks === null)
    throw new AppError('upstream_malformed', { message: 'The provider answered without "output.message.content".' })
  return {
    providerId: null,
    servedModel: null,
    choices: [{ index: 0, content: blocks.flatMap(decodeBlock), finishReason: readStopReason(body.stopReason) }],
    usage: readUsage(body.usage),
    serviceTier: readServiceTier(body),
  }
}

/** Blocks that are none of these (citations, guard content) repeat or annotate what the text says. */
const decodeBlock = (block: JsonObject): ContentPart[] => {
  const text = asText(block.text)
  if (text !== null) return text === '' ? [] : [{ type: 'text', text }]
  const call = asObject(block.toolUse)
  const [id, name] = [asText(call?.toolUseId), asText(call?.name)]
  if (call !== null && id !== null && name !== null)
    return [{ type: 'tool-call', id, name, argumentsJson: JSON.stringify(asObject(call.input) ?? {}) }]
  const reasoning = asObject(block.reasoningContent)
  if (reasoning === null) return []
  const redacted = readSignature(asText(reasoning.redactedContent), 'bedrock-converse')
  if (redacted !== null) return [{ type: 'thinking', text: '', signature: redacted, redacted: true }]
  const said = asObject(reasoning.reasoningText)
  return [
    {
      type: 'thinking',
      text: asText(said?.text) ?? '',
      signature: readSignature(asText(said?.signature), 'bedrock-converse'),
    },
  ]
}

export const readServiceTier = (body: JsonObject): string | null => asText(asObject(body.serviceTier)?.type)

export const readOutcome = (
  body: JsonObject,
): {
  readonly usage: ReportedUsage | null
  readonly servedModel: string | null
  readonly hasContent: boolean
  readonly serviceTier: string | null
} => ({
  usage: readUsage(body.usage),
  servedModel: null,
  hasContent: (blocksOf(body) ?? []).some((block) => asText(block.text) !== ''),
  serviceTier: readServiceTier(body),
})
