import type { JsonEdit } from './json-splice.ts'

const QUOTE = 0x22
const COLON = 0x3a
const BACKSLASH = 0x5c
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const SPACE = 0x20

/**
 * What `spliceJson` does, for the edit nearly every answer gets: a member more in an object that is a member of the outermost one. It is found by
 * its name, without reading what stands before it.
 *
 * @param wire JSON text in UTF-8 that has already been parsed once, a character for each byte (latin-1).
 * @returns the text edited, or null where only reading all of it tells where the edit belongs: then `spliceJson` does it.
 */
export const spliceWire = (wire: string, edits: readonly JsonEdit[]): string | null => {
  const [edit, second] = edits
  if (edit === undefined) return wire
  const [parent, name, deeper] = edit.path
  if (
    second !== undefined ||
    edit.remove === true ||
    parent === undefined ||
    name === undefined ||
    deeper !== undefined
  )
    return null
  // Only such an escape can write a name in letters that are not its own.
  if (wire.includes('\\u')) return null
  const start = findObject(wire, JSON.stringify(parent))
  if (start < 0) return null
  const end = skipNested(wire, start)
  // Everything that is opened is closed: how deep a place is can be told from what follows it.
  if (end < 0 || depthBefore(wire, end) !== 1) return null
  const key = JSON.stringify(name)
  const told = wire.indexOf(key, start)
  if (told >= 0 && told < end) return null
  let last = end - 2
  while (wire.charCodeAt(last) <= SPACE) last -= 1
  const comma = last === start ? '' : ','
  return `${wire.slice(0, last + 1)}${comma}${key}:${edit.value}${wire.slice(last + 1)}`
}

/** Where the object begins that is the value of the only member of this name; -1 when there is none, or more than one string that reads like it. */
const findObject = (wire: string, key: string): number => {
  const at = wire.indexOf(key)
  if (at < 0 || wire.charCodeAt(at - 1) === BACKSLASH || wire.includes(key, at + 1)) return -1
  const colon = skipSpace(wire, at + key.length)
  if (wire.charCodeAt(colon) !== COLON) return -1
  const start = skipSpace(wire, colon + 1)
  return wire.charCodeAt(start) === OPEN_OBJECT ? start : -1
}

const skipSpace = (wire: string, from: number): number => {
  let position = from
  while (wire.charCodeAt(position) <= SPACE) position += 1
  return position
}

/** From the opening quote to the closing one; the text's end when there is none. */
const endOfString = (wire: string, start: number): number => {
  for (let position = start + 1; position < wire.length; position += 1) {
    const code = wire.charCodeAt(position)
    if (code === QUOTE) return position
    if (code === BACKSLASH) position += 1
  }
  return wire.length
}

/** The position after what is opened at `start`; -1 when it is not closed. */
const skipNested = (wire: string, start: number): number => {
  let depth = 0
  for (let position = start; position < wire.length; position += 1) {
    const code = wire.charCodeAt(position)
    if (code === QUOTE) position = endOfString(wire, position)
    else if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth += 1
    else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      depth -= 1
      if (depth === 0) return position + 1
    }
  }
  return -1
}

const depthBefore = (wire: string, from: number): number => {
  let depth = 0
  for (let position = from; position < wire.length; position += 1) {
    const code = wire.charCodeAt(position)
    if (code === QUOTE) position = endOfString(wire, position)
    else if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth -= 1
    else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) depth += 1
  }
  return depth
}
