import type { ContentPart, ProviderSignature } from '@atpar/core/chat'
import type { JsonObject, JsonValue } from '@atpar/core/json'

import { asObject, asObjects, asText } from '../fields.ts'

/**
 * This format has no field for another provider's thinking signatures, and losing them breaks the next turn (Anthropic and Gemini answer 400).
 * Two conventions callers already echo back carry them: OpenRouter's `reasoning_details`
 * (https://openrouter.ai/docs/use-cases/reasoning-tokens) and, on tool calls, Google's `extra_content.google.thought_signature`
 * (https://ai.google.dev/gemini-api/docs/thought-signatures).
 */
const FORMATS: readonly (readonly [format: string, dialect: string])[] = [
  ['anthropic-claude-v1', 'anthropic-messages'],
  ['google-gemini-v1', 'gemini'],
  ['openai-responses-v1', 'openai-responses'],
]

const dialectOf = (format: JsonValue | undefined): string | null =>
  FORMATS.find(([name]) => name === format)?.[1] ?? null
const formatOf = (dialect: string): string => FORMATS.find(([, name]) => name === dialect)?.[0] ?? 'unknown'

export const readReasoningDetails = (value: JsonValue | undefined): ContentPart[] =>
  asObjects(value).flatMap((detail): ContentPart[] => {
    const dialect = dialectOf(detail.format)
    const sign = (text: string | null): ProviderSignature | null =>
      text === null || text === '' || dialect === null ? null : { dialect, value: text }
    if (detail.type === 'reasoning.encrypted') {
      const signature = sign(asText(detail.data))
      return signature === null ? [] : [{ type: 'thinking', text: '', signature, redacted: true }]
    }
    const text = asText(detail.text) ?? asText(detail.summary) ?? ''
    const signature = sign(asText(detail.signature))
    return text === '' && signature === null ? [] : [{ type: 'thinking', text, signature }]
  })

export interface Thinking {
  readonly text: string
  readonly signature: ProviderSignature | null
  readonly redacted?: boolean
}

export const writeReasoningDetail = (thinking: Thinking, index: number): JsonObject => {
  const format = thinking.signature === null ? 'unknown' : formatOf(thinking.signature.dialect)
  if (thinking.redacted === true && thinking.signature !== null)
    return { type: 'reasoning.encrypted', data: thinking.signature.value, format, index }
  return {
    type: 'reasoning.text',
    text: thinking.text,
    ...(thinking.signature === null ? {} : { signature: thinking.signature.value }),
    format,
    index,
  }
}

export const readToolSignature = (call: JsonObject): ProviderSignature | null => {
  const value = asText(asObject(asObject(call.extra_content)?.google)?.thought_signature)
  return value === null || value === '' ? null : { dialect: 'gemini', value }
}

export const writeToolSignature = (signature: ProviderSignature | undefined): JsonObject =>
  signature?.dialect === 'gemini' ? { extra_content: { google: { thought_signature: signature.value } } } : {}
