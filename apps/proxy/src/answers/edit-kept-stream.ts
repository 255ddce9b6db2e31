import { isJsonObject } from '@atpar/core/json'
import type { JsonEdit } from '@atpar/core/json-splice'
import { spliceEvent } from '../http/splice-event.ts'
import { createStreamFramer, type StreamFramer } from '../http/stream-framer.ts'
import { parseLoosely } from '../upstream/parse-loosely.ts'

/**
 * A kept stream with other figures where it tells what it cost: an event that has a member which an edit names gets that edit, every other byte stays.
 * Nothing is added, so an event without an account of its own is left alone.
 */
export const editKeptStream = (body: Buffer, edits: readonly JsonEdit[]): Buffer => {
  if (edits.length === 0) return body
  const framer = createStreamFramer('sse')
  const frames = framer.push(body).map((frame) => editFrame(framer, frame, edits))
  return Buffer.concat([...frames, framer.rest()])
}

const editFrame = (framer: StreamFramer, frame: Buffer, edits: readonly JsonEdit[]): Uint8Array => {
  // Nearly no event tells a cost, and looking for bytes is far quicker than reading them all.
  const named = edits.filter(({ path }) => frame.includes(`"${path.at(-1) ?? ''}"`))
  const event = named.length === 0 ? null : framer.read(frame)
  if (event === null) return frame
  const json = parseLoosely(event.data)
  return spliceEvent(
    frame,
    named.filter(({ path }) => hasMember(json, path)),
  )
}

const hasMember = (json: unknown, path: readonly string[]): boolean => {
  let value = json
  for (const name of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, name)) return false
    value = value[name]
  }
  return true
}
