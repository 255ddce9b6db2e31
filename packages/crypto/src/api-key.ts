import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { BASE62, formatApiKey, PUBLIC_LENGTH, SECRET_LENGTH, type ApiKeyMode } from '@atpar/core/api-key'

/** A server-side secret without which the stored hashes cannot be matched to keys. Its id is stored with each key, so that it can rotate. */
export interface Pepper {
  readonly id: string
  readonly secret: Uint8Array
}

const PEPPER = /^([A-Za-z0-9]{1,16}):((?:[0-9a-fA-F]{2}){16,64})$/

/**
 * Reads `id:hex,id:hex`. The first one hashes new keys, all of them are tried for known ones.
 * @throws RangeError saying which entry does not fit; the secret itself is not repeated.
 */
export const parsePeppers = (text: string): readonly [Pepper, ...Pepper[]] => {
  const peppers = text.split(',').map((entry, index): Pepper => {
    const match = PEPPER.exec(entry.trim())
    if (match === null) throw new RangeError(`pepper ${index + 1} is not <id>:<32 to 128 hexadecimal digits>`)
    return { id: match[1] ?? '', secret: Buffer.from(match[2] ?? '', 'hex') }
  })
  if (new Set(peppers.map((pepper) => pepper.id)).size < peppers.length)
    throw new RangeError('two peppers have the same id')
  const [first, ...others] = peppers
  if (first === undefined) throw new RangeError('no pepper was given')
  return [first, ...others]
}

/** Bytes from here up would make the first characters of the alphabet likelier than the others. */
const UNBIASED_BELOW = 256 - (256 % BASE62.length)

const randomBase62 = (length: number): string => {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length - text.length))
      if (byte < UNBIASED_BELOW) text += BASE62.charAt(byte % BASE62.length)
  }
  return text
}

export interface GeneratedApiKey {
  /** The whole key: shown once, stored nowhere. */
  readonly text: string
  readonly publicPrefix: string
  readonly lastFour: string
}

export const generateApiKey = (mode: ApiKeyMode): GeneratedApiKey => {
  const publicPart = randomBase62(PUBLIC_LENGTH)
  const text = formatApiKey({ mode, publicPart, secret: randomBase62(SECRET_LENGTH) })
  return { text, publicPrefix: `atpar_${mode}_${publicPart}`, lastFour: text.slice(-4) }
}

/** HMAC-SHA-256 of a key under a pepper: what is stored and looked up. */
export const hmacKey = (text: string, pepper: Uint8Array): Uint8Array =>
  createHmac('sha256', pepper).update(text).digest()

/** `hmacKey` for the hot path: the pepper is imported once. The hash comes as base64url, ready to be a key of a map. */
export const createKeyHasher = (pepper: Uint8Array): ((text: string) => string) => {
  const key = createSecretKey(pepper)
  return (text) => createHmac('sha256', key).update(text).digest('base64url')
}
