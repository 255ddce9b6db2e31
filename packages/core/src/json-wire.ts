import { isJsonObject, type JsonObject } from './json.ts'
import type { JsonEdit } from './json-splice.ts'

const COLON = 0x3a
const OPEN_OBJECT = 0x7b
const QUOTE = 0x22
const SPACE = 0x20

/**
 * What `spliceJson` does, for the edit nearly every answer gets: a member more in an object that is a member of the outermost one. It is found by its
 * name and becomes the first of that object, so that no more of the text is read than a search reads.
 *
 * @param wire JSON text in UTF-8, a character for each byte (latin-1).
 * @param value what that text says.
 * @returns the text edited, or null where only reading all of it tells where the edit belongs: then `spliceJson` does it.
 */
export const spliceWire = (wire: string, value: JsonObject, edits: readonly JsonEdit[]): string | null => {
  const [edit] = edits
  if (edit === undefined) return wire
  const [parent, name] = edit.path
  if (edits.length > 1 || edit.remove === true || edit.path.length !== 2 || parent === undefined || name === undefined)
    return null
  const object = value[parent]
  // The object is there and lacks the member. Only a \u can write its name in letters that are not its own.
  if (!isJsonObject(object) || Object.hasOwn(object, name) || wire.includes('\\u')) return null
  const start = findObject(wire, JSON.stringify(parent))
  return start < 0 ? null : `${wire.slice(0, start + 1)}${JSON.stringify(name)}:${edit.value},${wire.slice(start + 1)}`
}

/** Where the object begins that has this name, when there is but one string like it in the text and the object is not empty; else -1. */
const findObject = (wire: string, key: string): number => {
  const at = wire.indexOf(key)
  if (wire.includes(key, at + 1)) return -1
  const colon = skipSpace(wire, at + key.length)
  if (at < 0 || wire.charCodeAt(colon) !== COLON) return -1
  const start = skipSpace(wire, colon + 1)
  return wire.charCodeAt(start) === OPEN_OBJECT && wire.charCodeAt(skipSpace(wire, start + 1)) === QUOTE ? start : -1
}

const skipSpace = (wire: string, from: number): number => {
  let position = from
  while (wire.charCodeAt(position) <= SPACE) position += 1
  return position
}
