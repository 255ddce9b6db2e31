import { createHmac } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { deriveKey, seal, unseal } from '@atpar/crypto/secret-box'
import type { RecordedAnswer } from './recorder.ts'

/**
 * What an answer in Redis is locked by: the caller's own key, whose text is stored nowhere. A copy of Redis reveals no word of it, and no other key
 * opens it, not even one of the same organization.
 */
export interface AnswerLock {
  readonly keyText: string
  /** Whose it is and what it answers; it opens for nothing else. */
  readonly context: string
}

const PURPOSE = 'answer kept in Redis'
/** Unpacked, at most a recorded answer and its headers. */
const MAX_UNPACKED_BYTES = 17 * 1024 * 1024

const pack = promisify(gzip)
const unpack = promisify(gunzip)

/** Beyond this Redis would be used as a store of documents. */
const MAX_SEALED_BYTES = 4 * 1024 * 1024

/** Null when it is too large to be kept. Streams repeat themselves in every event and shrink to a tenth. */
export const sealRecorded = async (answer: RecordedAnswer, lock: AnswerLock): Promise<Uint8Array | null> => {
  const { body, ...head } = answer
  const headBytes = Buffer.from(JSON.stringify(head))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(headBytes.length)
  const packed = await pack(Buffer.concat([length, headBytes, body]))
  if (packed.length > MAX_SEALED_BYTES) return null
  return seal(packed, deriveKey(lock.keyText, PURPOSE), lock.context)
}

/** Null when it was not sealed under this lock. */
export const openRecorded = async (sealed: Uint8Array, lock: AnswerLock): Promise<RecordedAnswer | null> => {
  const packed = unseal(sealed, deriveKey(lock.keyText, PURPOSE), lock.context)
  if (packed === null) return null
  const bytes = await unpack(packed, { maxOutputLength: MAX_UNPACKED_BYTES })
  const bodyAt = 4 + bytes.readUInt32BE(0)
  const head = JSON.parse(bytes.subarray(4, bodyAt).toString('utf8')) as Omit<RecordedAnswer, 'body'>
  return { ...head, body: bytes.subarray(bodyAt) }
}

/** A name that says nothing of what it names to whoever does not hold the key. */
export const nameBy = (keyText: string, parts: readonly (string | Uint8Array)[]): string => {
  const name = createHmac('sha256', keyText)
  for (const part of parts) {
    // Lengths go in as well, so that no two lists of parts are one text.
    name.update(`${part.length}:`)
    name.update(part)
  }
  return name.digest('base64url')
}
