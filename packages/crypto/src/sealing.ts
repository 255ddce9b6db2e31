import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'

/** Anyone may hold this half: it seals and cannot open. */
export interface SealingPublicKey {
  readonly id: string
  readonly key: KeyObject
}

/** Opens what was sealed for it. Only the proxy holds one. */
export interface SealingPrivateKey {
  readonly id: string
  readonly key: KeyObject
  readonly publicKey: SealingPublicKey
}

/** Whose secret it is. Sealed in as associated data: the same bytes in another organization's row, another row or an older version of the row do not open. */
export interface SealingContext {
  readonly orgId: string
  readonly credentialId: string
  /** Counts the secrets this row has had. */
  readonly version: number
}

export interface Sealed {
  readonly bytes: Uint8Array
  /** Which key pair opens it. */
  readonly keyId: string
}

/** Says which check failed and nothing of what was sealed. */
export class SealError extends Error {}

/**
 * Layout: format (1) · ephemeral public key (32) · ciphertext · tag (16). The nonce is derived with the key, which is used once: X25519 with a
 * fresh pair per secret, then HKDF-SHA-256 over both public halves (as in HPKE, RFC 9180, without its negotiation).
 */
const FORMAT = 1
const POINT_BYTES = 32
const TAG_BYTES = 16
const KEY_BYTES = 32
const NONCE_BYTES = 12
const LABEL = 'atpar sealed credential 1'

const HEX_32 = /^[0-9a-f]{64}$/

/** RFC 8410: what DER puts before the 32 bytes of an X25519 key. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex')
const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex')

const rawPublic = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length)

const importPublic = (raw: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' })

/** Named after itself, so that a name cannot be given to the wrong key. */
const describePublic = (key: KeyObject): SealingPublicKey => ({
  id: createHash('sha256').update(rawPublic(key)).digest('hex').slice(0, 16),
  key,
})

/** @param text 64 lower-case hexadecimal digits. @throws RangeError without repeating it. */
export const parseSealingPublicKey = (text: string): SealingPublicKey => {
  if (!HEX_32.test(text)) throw new RangeError('the public sealing key is not 64 lower-case hexadecimal digits')
  return describePublic(importPublic(Buffer.from(text, 'hex')))
}

/**
 * @param text one or more private keys, each 64 lower-case hexadecimal digits, separated by commas; the first is the one that is sealed for today.
 * @throws RangeError saying which entry does not fit, without repeating it.
 */
export const parseSealingPrivateKeys = (text: string): readonly [SealingPrivateKey, ...SealingPrivateKey[]] => {
  const keys = text.split(',').map((entry, index): SealingPrivateKey => {
    const hex = entry.trim()
    if (!HEX_32.test(hex))
      throw new RangeError(`private sealing key ${index + 1} is not 64 lower-case hexadecimal digits`)
    const key = createPrivateKey({
      key: Buffer.concat([PKCS8_PREFIX, Buffer.from(hex, 'hex')]),
      format: 'der',
      type: 'pkcs8',
    })
    const publicKey = describePublic(createPublicKey(key))
    return { id: publicKey.id, key, publicKey }
  })
  if (new Set(keys.map(({ id }) => id)).size < keys.length) throw new RangeError('a private sealing key is given twice')
  const [first, ...others] = keys
  if (first === undefined) throw new RangeError('no private sealing key was given')
  return [first, ...others]
}

/** The public half as text, for those who only seal. */
export const formatSealingPublicKey = ({ key }: SealingPublicKey): string => rawPublic(key).toString('hex')

/** As JSON, so that no two contexts read the same. */
const associatedData = ({ orgId, credentialId, version }: SealingContext): Buffer =>
  Buffer.from(JSON.stringify([LABEL, orgId, credentialId, version]))

const deriveKey = (shared: Buffer, ephemeral: Buffer, recipient: Buffer): { key: Buffer; nonce: Buffer } => {
  const derived = Buffer.from(
    hkdfSync('sha256', shared, Buffer.concat([ephemeral, recipient]), LABEL, KEY_BYTES + NONCE_BYTES),
  )
  return { key: derived.subarray(0, KEY_BYTES), nonce: derived.subarray(KEY_BYTES) }
}

/** Seals a secret so that only a holder of the private half opens it, and only in this context. */
export const seal = (publicKey: SealingPublicKey, context: SealingContext, secret: Uint8Array): Sealed => {
  const pair = generateKeyPairSync('x25519')
  const ephemeral = rawPublic(pair.publicKey)
  const shared = diffieHellman({ privateKey: pair.privateKey, publicKey: publicKey.key })
  const { key, nonce } = deriveKey(shared, ephemeral, rawPublic(publicKey.key))
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(associatedData(context))
  const body = Buffer.concat([cipher.update(secret), cipher.final()])
  return {
    bytes: Buffer.concat([Buffer.from([FORMAT]), ephemeral, body, cipher.getAuthTag()]),
    keyId: publicKey.id,
  }
}

/** @throws SealError when no key of that id is held, the bytes were changed, or they belong to another organization, row or version. */
export const open = (keys: readonly SealingPrivateKey[], context: SealingContext, sealed: Sealed): Uint8Array => {
  const holder = keys.find(({ id }) => id === sealed.keyId)
  if (holder === undefined) throw new SealError(`sealed for key ${sealed.keyId}, which is not held here`)
  const bytes = Buffer.from(sealed.bytes)
  if (bytes.length < 1 + POINT_BYTES + TAG_BYTES || bytes[0] !== FORMAT)
    throw new SealError('not in a known format of sealed secrets')
  const ephemeral = bytes.subarray(1, 1 + POINT_BYTES)
  try {
    const shared = diffieHellman({ privateKey: holder.key, publicKey: importPublic(ephemeral) })
    const { key, nonce } = deriveKey(shared, ephemeral, rawPublic(holder.publicKey.key))
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(associatedData(context))
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
    return Buffer.concat([decipher.update(bytes.subarray(1 + POINT_BYTES, bytes.length - TAG_BYTES)), decipher.final()])
  } catch (cause) {
    throw new SealError('changed since it was sealed, or not sealed for this row', { cause })
  }
}
