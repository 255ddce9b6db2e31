import { findStringEnd } from './json-string-end.ts'

/** One change to an object in JSON text. `value` is JSON text itself, so money goes in exactly as written. */
export type JsonEdit =
  | { readonly path: readonly string[]; readonly value: string; readonly remove?: never }
  | { readonly path: readonly string[]; readonly remove: true; readonly value?: never }

/** The edits as a tree: what to do with each member of an object. */
interface Plan {
  readonly key: string
  readonly keyBytes: Uint8Array
  action: { readonly value: string } | 'remove' | null
  readonly members: Plan[]
}

/** Bytes [start, end) become `text`. Collected in rising order. */
interface Patch {
  readonly start: number
  readonly end: number
  readonly text: Uint8Array
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

/** Keys and most values are short and ASCII, where a native call costs more than the loop. */
const encodeText = (text: string): Uint8Array => {
  if (text.length > 64) return encoder.encode(text)
  const bytes = new Uint8Array(text.length)
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code > 0x7f) return encoder.encode(text)
    bytes[index] = code
  }
  return bytes
}

/** Edits name a closed list of members, over and over. A list that is not closed after all does not grow beyond this. */
const MOST_KEYS = 256
const encodedKeys = new Map<string, Uint8Array>()

const encodeKey = (key: string): Uint8Array => {
  const known = encodedKeys.get(key)
  if (known !== undefined) return known
  const bytes = encodeText(JSON.stringify(key))
  if (encodedKeys.size < MOST_KEYS) encodedKeys.set(key, bytes)
  return bytes
}

/**
 * Edits members of a JSON object by byte span, without parsing or re-serialising it: everything an edit does not name stays byte-identical
 * (unknown fields, number formats, key order, white space). A missing member is added at the end of its object, its parents with it; a parent
 * that is no object is replaced by one; of a key that occurs twice every occurrence is edited, because readers disagree on which one counts.
 * Paths name object members only. Returns the same array when there is nothing to change.
 *
 * @param bytes UTF-8 JSON text that has already been parsed once: text that is no JSON gives no sensible result.
 * @throws SyntaxError when the text is visibly no object, RangeError when one edit's path is the beginning of another's.
 */
export const spliceJson = (bytes: Uint8Array, edits: readonly JsonEdit[]): Uint8Array => {
  if (edits.length === 0) return bytes
  const patches = listPatches(bytes, edits)
  return patches.length === 0 ? bytes : applyPatches(bytes, patches)
}

/** The same for text too large to be held twice: views on `bytes` and the small parts that are new, none of them empty, in their order. @throws likewise */
export const cutJson = (bytes: Uint8Array, edits: readonly JsonEdit[]): readonly Uint8Array[] => {
  if (edits.length === 0) return [bytes]
  const pieces: Uint8Array[] = []
  let from = 0
  for (const { start, end, text } of listPatches(bytes, edits)) {
    if (start > from) pieces.push(bytes.subarray(from, start))
    if (text.length > 0) pieces.push(text)
    from = end
  }
  pieces.push(bytes.subarray(from))
  return pieces
}

const listPatches = (bytes: Uint8Array, edits: readonly JsonEdit[]): readonly Patch[] => {
  const start = skipSpace(bytes, bytes[0] === 0xef ? 3 : 0)
  if (bytes[start] !== OPEN_OBJECT) throw new SyntaxError('the JSON text is not an object')
  const patches: Patch[] = []
  patchObject(bytes, start, { plans: planEdits(edits), patches })
  return patches
}

const planEdits = (edits: readonly JsonEdit[]): Plan[] => {
  const root: Plan[] = []
  for (const edit of edits) {
    if (edit.path.length === 0) throw new RangeError('an edit needs a path')
    let level = root
    for (const [depth, key] of edit.path.entries()) {
      let plan = level.find((candidate) => candidate.key === key)
      if (plan === undefined) {
        plan = { key, keyBytes: encodeKey(key), action: null, members: [] }
        level.push(plan)
      }
      const isLast = depth === edit.path.length - 1
      if (isLast ? plan.members.length > 0 : plan.action !== null)
        throw new RangeError(`edits overlap at "${edit.path.join('.')}"`)
      if (isLast) plan.action = edit.remove === true ? 'remove' : { value: edit.value }
      level = plan.members
    }
  }
  return root
}

/** Walks the object at `start`, collects patches and returns the position after its closing brace. */
const patchObject = (
  bytes: Uint8Array,
  start: number,
  work: { readonly plans: readonly Plan[]; readonly patches: Patch[] },
): number => {
  const { plans, patches } = work
  const seen = new Set<Plan>()
  let keptEnd = -1
  let removedFrom = -1
  let lastEnd = start + 1
  let position = skipSpace(bytes, start + 1)
  while (bytes[position] === QUOTE) {
    const keyStart = position
    const keyEnd = skipString(bytes, keyStart)
    const valueStart = skipSpace(bytes, expect(bytes, skipSpace(bytes, keyEnd), COLON) + 1)
    const plan = findPlan(bytes, plans, { start: keyStart, end: keyEnd })
    if (plan?.action === 'remove') {
      lastEnd = skipValue(bytes, valueStart)
      if (removedFrom < 0) removedFrom = keyStart
    } else {
      if (removedFrom >= 0) {
        patches.push({ start: removedFrom, end: keyStart, text: NO_BYTES })
        removedFrom = -1
      }
      lastEnd = plan === undefined ? skipValue(bytes, valueStart) : patchValue(bytes, valueStart, { plan, patches })
      keptEnd = lastEnd
      if (plan !== undefined) seen.add(plan)
    }
    position = skipSpace(bytes, lastEnd)
    if (bytes[position] !== COMMA) break
    position = skipSpace(bytes, position + 1)
  }
  expect(bytes, position, CLOSE_OBJECT)
  if (removedFrom >= 0) patches.push({ start: keptEnd < 0 ? removedFrom : keptEnd, end: lastEnd, text: NO_BYTES })
  const added = plans.filter((plan) => !seen.has(plan)).flatMap(writeMember)
  if (added.length > 0)
    patches.push({ start: lastEnd, end: lastEnd, text: encodeText((keptEnd < 0 ? '' : ',') + added.join(',')) })
  return position + 1
}

/** Changes the value of a member that stays. Returns the position after it. */
const patchValue = (
  bytes: Uint8Array,
  start: number,
  work: { readonly plan: Plan; readonly patches: Patch[] },
): number => {
  const { plan, patches } = work
  if (plan.action === null && bytes[start] === OPEN_OBJECT)
    return patchObject(bytes, start, { plans: plan.members, patches })
  const end = skipValue(bytes, start)
  const text = writeValue(plan)
  if (text !== null) patches.push({ start, end, text: encodeText(text) })
  return end
}

/** JSON text of what a plan adds where nothing was; null when it only removes. */
const writeValue = (plan: Plan): string | null => {
  if (plan.action === 'remove') return null
  if (plan.action !== null) return plan.action.value
  const members = plan.members.flatMap(writeMember)
  return members.length === 0 ? null : `{${members.join(',')}}`
}

const writeMember = (plan: Plan): string[] => {
  const value = writeValue(plan)
  return value === null ? [] : [`${JSON.stringify(plan.key)}:${value}`]
}

const findPlan = (
  bytes: Uint8Array,
  plans: readonly Plan[],
  key: { readonly start: number; readonly end: number },
): Plan | undefined => {
  for (const plan of plans) if (isSameBytes(bytes, key, plan.keyBytes)) return plan
  if (!includesByte(bytes, key, BACKSLASH)) return undefined
  // The same key may be written with escapes.
  const name = JSON.parse(decoder.decode(bytes.subarray(key.start, key.end))) as unknown
  return plans.find((plan) => plan.key === name)
}

const isSameBytes = (
  bytes: Uint8Array,
  span: { readonly start: number; readonly end: number },
  other: Uint8Array,
): boolean => {
  if (span.end - span.start !== other.length) return false
  for (let index = 0; index < other.length; index += 1) if (bytes[span.start + index] !== other[index]) return false
  return true
}

const includesByte = (
  bytes: Uint8Array,
  span: { readonly start: number; readonly end: number },
  byte: number,
): boolean => {
  for (let index = span.start; index < span.end; index += 1) if (bytes[index] === byte) return true
  return false
}

const expect = (bytes: Uint8Array, position: number, byte: number): number => {
  if (bytes[position] !== byte)
    throw new SyntaxError(`expected "${String.fromCharCode(byte)}" at byte ${position} of the JSON text`)
  return position
}

const skipSpace = (bytes: Uint8Array, from: number): number => {
  let position = from
  for (;;) {
    const byte = bytes[position]
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

const applyPatches = (bytes: Uint8Array, patches: readonly Patch[]): Uint8Array => {
  let length = bytes.length
  for (const patch of patches) length += patch.text.length - (patch.end - patch.start)
  const result = new Uint8Array(length)
  let from = 0
  let to = 0
  for (const patch of patches) {
    if (patch.start > from) result.set(bytes.subarray(from, patch.start), to)
    to += patch.start - from
    result.set(patch.text, to)
    to += patch.text.length
    from = patch.end
  }
  result.set(bytes.subarray(from), to)
  return result
}
