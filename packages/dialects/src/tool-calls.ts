import type { ChatRequest } from '@atpar/core/chat'
import { parseJsonObject, type JsonObject } from '@atpar/core/json'

/** FNV-1a, twice with different seeds: 64 bits as 13 characters or fewer. Not a secret, only stable. */
const hash = (text: string): string => {
  let low = 0x811c9dc5
  let high = 0x01000193
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    low = Math.imul(low ^ code, 0x01000193)
    high = Math.imul(high ^ code, 0x85ebca6b)
  }
  return (low >>> 0).toString(36) + (high >>> 0).toString(36)
}

/**
 * An id for a call the provider gave none: the same answer always yields the same id, and the answer's own id in `seed` keeps two turns that
 * call the same tool with the same arguments apart.
 */
export const mintToolCallId = (index: number, seed: string): string => `call_${index}_${hash(seed)}`

const MINTED = /^call_\d+_[0-9a-z]+$/
export const isMintedToolCallId = (id: string): boolean => MINTED.test(id)

/** Providers check ids against a pattern; one that fails it is replaced by a stable one, alike in the call and in its result. */
export const fitToolCallId = (id: string, pattern: RegExp): string => (pattern.test(id) ? id : `call_x_${hash(id)}`)

/** Arguments are a JSON object. No arguments are `{}` in every format that passes them as text. */
export const normalizeArguments = (text: string | null): string => (text === null || text.trim() === '' ? '{}' : text)

/** For formats that pass arguments as an object. Text a model got wrong is kept under one name instead of failing the conversation. */
export const parseArguments = (text: string): JsonObject => {
  if (text.trim() === '') return {}
  return parseJsonObject(text) ?? { arguments: text }
}

/** Which tool each call of the conversation named: results of some formats carry only the id, others need the name. */
export const mapToolNames = (request: ChatRequest): ReadonlyMap<string, string> => {
  const names = new Map<string, string>()
  for (const message of request.messages) {
    for (const part of message.content) if (part.type === 'tool-call') names.set(part.id, part.name)
  }
  return names
}
