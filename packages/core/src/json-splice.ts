import { findStringEnd } from './json-string-end.ts'

/** One change to an object in JSON text. `value` is JSON text itself, so money goes in exactly as written. */
export type JsonEdit =
  | { readonly path: readonly string[]; readonly value: string; readonly remove?: never }
  | { readonly path: readonly string[]; readonly remove: true; readonly value?: never }

interface Key {
  readonly name: string
  /** With its quotes. */
  readonly bytes: Uint8Array
  /** Whether it cannot be written without escapes. */
  readonly isEscaped: boolean
  /** What goes before the value of a member that is added: `,"name":`. */
  readonly lead: Uint8Array
}

/** The edits as a tree: what to do with each member of an object. */
interface Plan {
  readonly key: Key
  /** What becomes of the member as a whole; null where the edits are of something inside it. */
  edit: JsonEdit | null
  members: Plan[]
  /** Where the object begins that last had this member; each object is read once, from its beginning to its end. */
  seenIn: number
}

/** Bytes [start, end) become `lead` and `text`. */
interface Patch {
  readonly start: number
  readonly end: number
  readonly lead: Uint8Array
  /** Short ASCII as it is, of which the bytes are the characters; anything else encoded. */
  readonly text: string | Uint8Array
}

/** One text being edited. The patches are collected in rising order. */
interface Splice {
  readonly bytes: Uint8Array
  readonly patches: Patch[]
}

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BACKSLASH = 0x5c
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

const NO_BYTES = new Uint8Array(0)
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** What is short is written character by character: an array of its own and a native call cost more. */
const encodeText = (text: string): string | Uint8Array => {
  if (text.length > 64) return encoder.encode(text)
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x7f) return encoder.encode(text)
  return text
}

/** Edits name a closed list of members, over and over. A list that is not closed after all does not grow beyond this. */
const MOST_KEYS = 256
const knownKeys = new Map<string, Key>()

const knowKey = (name: string): Key => {
  const known = knownKeys.get(name)
  if (known !== undefined) return known
  const lead = encoder.encode(`,${JSON.stringify(name)}:`)
  const key = { name, bytes: lead.subarray(1, -1), isEscaped: lead.includes(BACKSLASH), lead }
  if (knownKeys.size < MOST_KEYS) knownKeys.set(name, key)
  return key
}

/**
 * Edits members of a JSON object by byte span, without parsing or re-serialising it: everything an edit does not name stays byte-identical
 * (unknown fields, number formats, key order, white space). A missing member is added at the end of its object, its parents with it; a parent
 * that is no object is replaced by one; of a key that occurs twice every occurrence is edited, because readers disagree on which one counts.
 * Paths name object members only. Returns the same array when there is nothing to change.
 *
 * @param bytes UTF-8 JSON text that has already been parsed once: text that is no JSON gives no sensible result.
 * @param allocate makes the result's memory, whatever it holds: an array of its own costs more than the rest of a small edit.
 * @throws SyntaxError when the text is visibly no object, RangeError when one edit's path is the beginning of another's.
 */
export const spliceJson = (
  bytes: Uint8Array,
  edits: readonly JsonEdit[],
  allocate: (length: number) => Uint8Array = allocateAlone,
): Uint8Array => {
  if (edits.length === 0) return bytes
  const patches = listPatches(bytes, edits)
  if (patches.length === 0) return bytes
  let length = bytes.length
  for (const { start, end, lead, text } of patches) length += lead.length + text.length - (end - start)
  const result = allocate(length)
  applyPatches(result, bytes, patches)
  return result
}

const allocateAlone = (length: number): Uint8Array => new Uint8Array(length)

/** The same for text too large to be held twice: views on `bytes` and the small parts that are new, none of them empty, in their order. @throws likewise */
export const cutJson = (bytes: Uint8Array, edits: readonly JsonEdit[]): readonly Uint8Array[] => {
  if (edits.length === 0) return [bytes]
  const pieces: Uint8Array[] = []
  let from = 0
  for (const { start, end, lead, text } of listPatches(bytes, edits)) {
    if (start > from) pieces.push(bytes.subarray(from, start))
    if (lead.length > 0) pieces.push(lead)
    if (text.length > 0) pieces.push(typeof text === 'string' ? encoder.encode(text) : text)
    from = end
  }
  pieces.push(bytes.subarray(from))
  return pieces
}

const listPatches = (bytes: Uint8Array, edits: readonly JsonEdit[]): readonly Patch[] => {
  const start = skipSpace(bytes, bytes[0] === 0xef ? 3 : 0)
  if (bytes[start] !== OPEN_OBJECT) throw new SyntaxError('the JSON text is not an object')
  const splice: Splice = { bytes, patches: [] }
  patchObject(splice, start, planEdits(edits))
  return splice.patches
}

const planEdits = (edits: readonly JsonEdit[]): Plan[] => {
  const root: Plan[] = []
  for (const edit of edits) {
    const { path } = edit
    const last = path.length - 1
    if (last < 0) throw new RangeError('an edit needs a path')
    let level = root
    for (let depth = 0; depth <= last; depth += 1) {
      const plan = planMember(level, path[depth] ?? '')
      if (depth === last ? plan.members.length > 0 : plan.edit !== null)
        throw new RangeError(`edits overlap at "${path.join('.')}"`)
      if (depth === last) plan.edit = edit
      level = plan.members
    }
  }
  return root
}

const planMember = (level: Plan[], name: string): Plan => {
  for (const plan of level) if (plan.key.name === name) return plan
  const plan: Plan = { key: knowKey(name), edit: null, members: [], seenIn: -1 }
  level.push(plan)
  return plan
}

/** Walks the object at `start`, collects patches and returns the position after its closing brace. */
const patchObject = (splice: Splice, start: number, plans: readonly Plan[]): number => {
  const { bytes, patches } = splice
  let keptEnd = -1
  let removedFrom = -1
  let lastEnd = start + 1
  let position = skipSpace(bytes, start + 1)
  while (bytes[position] === QUOTE) {
    const keyStart = position
    const keyEnd = skipString(bytes, keyStart)
    const valueStart = skipSpace(bytes, expect(bytes, skipSpace(bytes, keyEnd), COLON) + 1)
    const plan = findPlan(plans, bytes, keyStart)
    if (plan !== null && plan.edit !== null && plan.edit.remove === true) {
      lastEnd = skipValue(bytes, valueStart)
      if (removedFrom < 0) removedFrom = keyStart
    } else {
      if (removedFrom >= 0) {
        patches.push({ start: removedFrom, end: keyStart, lead: NO_BYTES, text: '' })
        removedFrom = -1
      }
      if (plan === null) lastEnd = skipValue(bytes, valueStart)
      else {
        plan.seenIn = start
        lastEnd = patchValue(splice, valueStart, plan)
      }
      keptEnd = lastEnd
    }
    position = skipSpace(bytes, lastEnd)
    if (bytes[position] !== COMMA) break
    position = skipSpace(bytes, position + 1)
  }
  expect(bytes, position, CLOSE_OBJECT)
  if (removedFrom >= 0)
    patches.push({ start: keptEnd < 0 ? removedFrom : keptEnd, end: lastEnd, lead: NO_BYTES, text: '' })
  for (const plan of plans) {
    const text = plan.seenIn === start ? '' : writeValue(plan)
    if (text === '') continue
    const lead = keptEnd < 0 ? plan.key.lead.subarray(1) : plan.key.lead
    patches.push({ start: lastEnd, end: lastEnd, lead, text: encodeText(text) })
    keptEnd = lastEnd
  }
  return position + 1
}

/** Changes the value of a member that stays. Returns the position after it. */
const patchValue = (splice: Splice, start: number, plan: Plan): number => {
  const { bytes, patches } = splice
  if (plan.edit === null && bytes[start] === OPEN_OBJECT) return patchObject(splice, start, plan.members)
  const end = skipValue(bytes, start)
  const text = writeValue(plan)
  if (text !== '') patches.push({ start, end, lead: NO_BYTES, text: encodeText(text) })
  return end
}

/** JSON text of what a plan adds where nothing was; empty when it only removes. */
const writeValue = ({ edit, members }: Plan): string => {
  if (edit !== null) return edit.remove === true ? '' : edit.value
  let text = ''
  for (const member of members) {
    const value = writeValue(member)
    if (value !== '') text += `${text === '' ? '{' : ','}${JSON.stringify(member.key.name)}:${value}`
  }
  return text === '' ? '' : `${text}}`
}

/** What is planned for the member whose key begins at `start`. */
const findPlan = (plans: readonly Plan[], bytes: Uint8Array, start: number): Plan | null => {
  for (const plan of plans) if (isKey(plan.key, bytes, start)) return plan
  return null
}

/** Whether the string that begins at `start` says this key. The same may be written with escapes: then the first byte that differs begins one. */
const isKey = (key: Key, bytes: Uint8Array, start: number): boolean => {
  for (let index = 1; index < key.bytes.length; index += 1) {
    const byte = bytes[start + index]
    if (byte !== key.bytes[index]) return (byte === BACKSLASH || key.isEscaped) && readString(bytes, start) === key.name
  }
  return true
}

const readString = (bytes: Uint8Array, start: number): unknown =>
  JSON.parse(decoder.decode(bytes.subarray(start, skipString(bytes, start))))

const expect = (bytes: Uint8Array, position: number, byte: number): number => {
  if (bytes[position] !== byte)
    throw new SyntaxError(`expected "${String.fromCharCode(byte)}" at byte ${position} of the JSON text`)
  return position
}

const skipSpace = (bytes: Uint8Array, from: number): number => {
  let position = from
  for (;;) {
    const byte = bytes[position]
    if (byte === undefined || byte > 0x20) return position
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return position
    position += 1
  }
}

/** From the opening quote to the position after the closing one. */
const skipString = (bytes: Uint8Array, start: number): number => {
  const end = findStringEnd(bytes, start)
  if (end < 0) throw new SyntaxError('a string in the JSON text has no end')
  return end + 1
}

/** From the first byte of a value to the position after its last. */
const skipValue = (bytes: Uint8Array, start: number): number => {
  const first = bytes[start]
  if (first === QUOTE) return skipString(bytes, start)
  if (first === OPEN_OBJECT || first === OPEN_ARRAY) return skipNested(bytes, start)
  let position = start
  for (;;) {
    const byte = bytes[position]
    if (byte === undefined || byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY || byte <= 0x20)
      return position
    position += 1
  }
}

const skipNested = (bytes: Uint8Array, start: number): number => {
  let depth = 0
  let position = start
  for (;;) {
    const byte = bytes[position]
    if (byte === QUOTE) position = skipString(bytes, position)
    else {
      if (byte === undefined) throw new SyntaxError('the JSON text has no end')
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1
      else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth -= 1
      position += 1
      if (depth === 0) return position
    }
  }
}

/** Writes all of `result`. */
const applyPatches = (result: Uint8Array, bytes: Uint8Array, patches: readonly Patch[]): void => {
  let from = 0
  let to = 0
  for (const { start, end, lead, text } of patches) {
    if (start > from) result.set(bytes.subarray(from, start), to)
    to += start - from
    if (lead.length > 0) result.set(lead, to)
    to += lead.length
    if (typeof text !== 'string') result.set(text, to)
    else for (let index = 0; index < text.length; index += 1) result[to + index] = text.charCodeAt(index)
    to += text.length
    from = end
  }
  result.set(bytes.subarray(from), to)
}
