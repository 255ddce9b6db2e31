import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const VERSION = 1

/**
 * A key for one purpose, by HKDF-SHA-256 from a secret of the installation: what is sealed for one purpose opens for no other, and the secret
 * itself seals nothing.
 */
export const deriveKey = (secret: string | Uint8Array, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, '', `atpar ${purpose}`, KEY_BYTES))

/** AES-256-GCM: version byte, nonce, tag, ciphertext. `context` (whose it is) is authenticated, so that a row copied to another owner does not open. */
export const seal = (plain: Uint8Array, key: Uint8Array, context: string): Uint8Array => {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
  const body = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), body])
}

/** Null when it was not sealed by this key for this context, or was changed since. */
export const unseal = (sealed: Uint8Array, key: Uint8Array, context: string): Uint8Array | null => {
  const bytes = Buffer.from(sealed)
  if (bytes[0] !== VERSION || bytes.length < 1 + NONCE_BYTES + TAG_BYTES) return null
  const tagAt = 1 + NONCE_BYTES
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, tagAt), { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(tagAt, tagAt + TAG_BYTES))
  const body = decipher.update(bytes.subarray(tagAt + TAG_BYTES))
  try {
    return Buffer.concat([body, decipher.final()])
  } catch {
    // Node has one error for every way of being wrong.
    return null
  }
}
