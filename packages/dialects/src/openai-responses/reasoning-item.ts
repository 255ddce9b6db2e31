import type { ContentPart, ProviderSignature } from '@atpar/core/chat'
import type { JsonObject } from '@atpar/core/json'

import { asObjects, asText } from '../fields.ts'
import { readSignature, writeSignature } from '../signatures.ts'

type Thinking = Extract<ContentPart, { type: 'thinking' }>

const DIALECT = 'openai-responses'

/** Before the signature of a block whose text only its provider can read: this format has no other sign of one. */
const REDACTED = 'redacted.'

/**
 * `encrypted_content` is this format's field for what clients send back unread (https://platform.openai.com/docs/guides/reasoning). OpenAI takes it
 * only under the id it came with, so the two make one signature; another provider's travels in the field behind its mark.
 */
export const writeEncrypted = (signature: ProviderSignature, isRedacted: boolean): string =>
  (isRedacted && signature.dialect !== DIALECT ? REDACTED : '') + writeSignature(signature, DIALECT)

export const readReasoningItem = (item: JsonObject): Thinking | null => {
  const text = [...asObjects(item.summary), ...asObjects(item.content)]
    .flatMap((part) => asText(part.text) ?? [])
    .join('\n\n')
  const encrypted = asText(item.encrypted_content) ?? ''
  const isRedacted = encrypted.startsWith(REDACTED)
  const read = readSignature(isRedacted ? encrypted.slice(REDACTED.length) : encrypted, DIALECT)
  if (read === null) return text === '' ? null : { type: 'thinking', text, signature: null }
  const signature =
    read.dialect === DIALECT && !read.value.includes(':')
      ? { dialect: DIALECT, value: `${asText(item.id) ?? ''}:${read.value}` }
      : read
  return isRedacted || (read.dialect === DIALECT && text === '')
    ? { type: 'thinking', text: '', signature, redacted: true }
    : { type: 'thinking', text, signature }
}

/** The item for OpenAI itself; null for thinking that another provider signed, or nobody. */
export const writeOwnReasoning = ({ text, signature }: Thinking): JsonObject | null => {
  if (signature?.dialect !== DIALECT) return null
  const at = signature.value.indexOf(':')
  return {
    type: 'reasoning',
    id: signature.value.slice(0, at),
    summary: text === '' ? [] : [{ type: 'summary_text', text }],
    encrypted_content: signature.value.slice(at + 1),
  }
}
