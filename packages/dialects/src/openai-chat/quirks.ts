import type { JsonObject, JsonValue } from '@atpar/core/json'
import type { JsonEdit } from '@atpar/core/json-splice'
import type { WireQuirks } from '../contract.ts'
import { asObjects, asText } from '../fields.ts'

/** What a server that speaks this format differently is sent instead: what it refuses left out, its own names, its own kind of ids. */

/** On a body made by the encoder, which is changed. @returns what was left out. */
export const applyQuirks = (body: JsonObject, quirks: WireQuirks | undefined): readonly string[] => {
  if (quirks === undefined) return []
  const refused = (quirks.refuses ?? []).filter((field) => body[field] !== undefined)
  for (const field of refused) delete body[field]
  for (const [ours, theirs] of Object.entries(quirks.renames ?? {})) {
    const value = body[ours]
    if (value === undefined) continue
    body[theirs] = value
    delete body[ours]
  }
  const messages = adaptMessages(body['messages'], quirks)
  if (messages !== null) body['messages'] = messages
  // Asking for the usage was our own idea.
  return refused.filter((field) => field !== 'stream_options')
}

/** The same as edits of a body that passes through. The messages are written anew only where one of them has to change. */
export const quirkEdits = (body: JsonObject, quirks: WireQuirks): readonly JsonEdit[] => {
  const edits: JsonEdit[] = []
  for (const field of quirks.refuses ?? []) if (body[field] !== undefined) edits.push({ path: [field], remove: true })
  for (const [ours, theirs] of Object.entries(quirks.renames ?? {})) {
    const value = body[ours]
    if (value === undefined) continue
    edits.push({ path: [ours], remove: true })
    if (value !== null && body[theirs] === undefined) edits.push({ path: [theirs], value: JSON.stringify(value) })
  }
  const messages = adaptMessages(body['messages'], quirks)
  if (messages !== null) edits.push({ path: ['messages'], value: JSON.stringify(messages) })
  return edits
}

/** Null when nothing in them is different here. */
const adaptMessages = (messages: JsonValue | undefined, quirks: WireQuirks): JsonObject[] | null => {
  if (quirks.developerRole === undefined && quirks.toolIds === undefined) return null
  let isChanged = false
  const adapted = asObjects(messages).map((message) => {
    const changed = { ...adaptRole(message, quirks), ...adaptToolIds(message, quirks) }
    if (Object.keys(changed).length === 0) return message
    isChanged = true
    return { ...message, ...changed }
  })
  return isChanged ? adapted : null
}

const adaptRole = (message: JsonObject, { developerRole }: WireQuirks): JsonObject =>
  developerRole !== undefined && message['role'] === 'developer' ? { role: developerRole } : {}

const adaptToolIds = (message: JsonObject, { toolIds }: WireQuirks): JsonObject => {
  if (toolIds === undefined) return {}
  const adapted: JsonObject = {}
  const answered = asText(message['tool_call_id'])
  if (answered !== null && !isShortId(answered)) adapted['tool_call_id'] = shortToolId(answered)
  const calls = asObjects(message['tool_calls'])
  if (calls.some((call) => !isShortId(asText(call['id']) ?? '')))
    adapted['tool_calls'] = calls.map((call) => {
      const id = asText(call['id']) ?? ''
      return isShortId(id) ? call : { ...call, id: shortToolId(id) }
    })
  return adapted
}

const isShortId = (id: string): boolean => /^[A-Za-z0-9]{9}$/.test(id)

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const LENGTH = 9n
const SIZE = BigInt(ALPHABET.length)
/** FNV-1a of 64 bits: no cryptography, only few collisions among the handful of calls of one conversation. http://www.isthe.com/chongo/tech/comp/fnv/ */
const OFFSET_BASIS = 0xcbf29ce484222325n
const PRIME = 0x100000001b3n
const MASK = 0xffffffffffffffffn

/** Nine letters or digits made from an id: the same for a call and for its result, in this request and in the next. */
export const shortToolId = (id: string): string => {
  let hash = OFFSET_BASIS
  for (const byte of new TextEncoder().encode(id)) hash = ((hash ^ BigInt(byte)) * PRIME) & MASK
  let text = ''
  for (let place = 0n; place < LENGTH; place += 1n) {
    text += ALPHABET[Number(hash % SIZE)] ?? ''
    hash /= SIZE
  }
  return text
}
