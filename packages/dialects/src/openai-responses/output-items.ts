import type { ContentPart, ProviderSignature } from '@atpar/core/chat'
import type { JsonObject } from '@atpar/core/json'

import { writeMediaUrl } from '../media.ts'
import { writeEncrypted } from './reasoning-item.ts'

/** Item ids are made from the answer's own, so that whole and streamed answers name them alike. */
export const itemId = (kind: 'msg' | 'rs' | 'fc', generationId: string, index: number): string =>
  `${kind}_${generationId}_${index}`

export const textPart = (text: string): JsonObject => ({ type: 'output_text', text, annotations: [], logprobs: [] })
export const refusalPart = (refusal: string): JsonObject => ({ type: 'refusal', refusal })

export const messageItem = (id: string, content: readonly JsonObject[], status: string): JsonObject => ({
  id,
  type: 'message',
  status,
  role: 'assistant',
  content: [...content],
})

interface Thought {
  readonly text: string
  readonly signature: ProviderSignature | null
  readonly isRedacted: boolean
}

export const reasoningItem = (id: string, { text, signature, isRedacted }: Thought): JsonObject => ({
  id,
  type: 'reasoning',
  summary: text === '' ? [] : [{ type: 'summary_text', text }],
  ...(signature === null ? {} : { encrypted_content: writeEncrypted(signature, isRedacted) }),
})

interface Call {
  readonly id: string
  readonly name: string
  readonly argumentsJson: string
  readonly status: string
}

export const callItem = (id: string, call: Call): JsonObject => ({
  id,
  type: 'function_call',
  status: call.status,
  arguments: call.argumentsJson,
  call_id: call.id,
  name: call.name,
})

/** Turns the parts of a whole answer into items: words that follow each other are one message. */
export const createOutputWriter = (
  generationId: string,
): { add(items: JsonObject[], part: ContentPart): JsonObject[] } => {
  let words: JsonObject[] | null = null
  const say = (items: JsonObject[], word: JsonObject): void => {
    if (words === null) {
      words = []
      items.push({ ...messageItem(itemId('msg', generationId, items.length), [], 'completed'), content: words })
    }
    words.push(word)
  }
  const put = (items: JsonObject[], item: JsonObject): void => {
    words = null
    items.push(item)
  }
  return {
    add(items, part) {
      switch (part.type) {
        case 'text':
          if (part.text !== '') say(items, textPart(part.text))
          break
        case 'refusal':
          say(items, refusalPart(part.text))
          break
        case 'image':
          // The format's own pictures are those of a tool; the words at least name this one.
          say(items, textPart(`![image](${writeMediaUrl(part.source)})`))
          break
        case 'thinking':
          put(
            items,
            reasoningItem(itemId('rs', generationId, items.length), { ...part, isRedacted: part.redacted === true }),
          )
          break
        case 'tool-call':
          // No field of a call holds a signature here; an item of its own before it does, and comes back with it.
          if (part.signature !== undefined)
            put(
              items,
              reasoningItem(itemId('rs', generationId, items.length), {
                text: '',
                signature: part.signature,
                isRedacted: false,
              }),
            )
          put(items, callItem(itemId('fc', generationId, items.length), { ...part, status: 'completed' }))
          break
        case 'audio':
        case 'file':
        case 'tool-result':
          break
      }
      return items
    },
  }
}
