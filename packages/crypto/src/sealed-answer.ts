import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32

export interface AnswerLock {
  /** The caller's own key as it was sent: 256 random bits that are stored nowhere, so what is stored opens for nobody else. */
  readonly keyText: string
  /** What the answer belongs to; it opens under no other. */
  readonly context: Uint8Array
}

const deriveKey = (lock: AnswerLock): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', lock.keyText, lock.context, 'atpar answer of the management api', KEY_BYTES))

/** AES-256-GCM: nonce, ciphertext and tag in one. */
export const sealAnswer = (text: string, lock: AnswerLock): Uint8Array => {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', deriveKey(lock), nonce)
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
}

/** @throws Error when it was sealed under another key or context, or changed since. */
export const openAnswer = (sealed: Uint8Array, lock: AnswerLock): string => {
  const decipher = createDecipheriv('aes-256-gcm', deriveKey(lock), sealed.subarray(0, NONCE_BYTES))
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8')
}
