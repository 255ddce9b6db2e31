import { randomBytes, randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  formatSealingPublicKey,
  open,
  parseSealingPrivateKeys,
  parseSealingPublicKey,
  seal,
  SealError,
  type SealingContext,
} from './sealing.ts'

/** Bob's pair of RFC 7748, section 6.1. */
const KNOWN_PRIVATE = '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'
const KNOWN_PUBLIC = 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f'
const newKeyText = (): string => randomBytes(32).toString('hex')
const [key] = parseSealingPrivateKeys(newKeyText())
const [stranger] = parseSealingPrivateKeys(newKeyText())
const context: SealingContext = { orgId: 'org-a', credentialId: 'row-1', version: 3 }
const secret = Buffer.from('sk-canary-0123456789')

describe('a sealed secret', () => {
  it('opens to what was sealed, whatever its length and bytes', () => {
    for (let run = 0; run < 300; run += 1) {
      const bytes = randomBytes(run === 0 ? 0 : randomInt(1, 4_096))
      const sealed = seal(key.publicKey, context, bytes)
      expect(Buffer.from(open([stranger, key], context, sealed))).toEqual(bytes)
    }
  })

  it('never holds the secret, and is never the same twice', () => {
    const seen = new Set<string>()
    for (let run = 0; run < 100; run += 1) {
      const bytes = Buffer.from(seal(key.publicKey, context, secret).bytes)
      expect(bytes.includes(secret)).toBe(false)
      seen.add(bytes.toString('hex'))
    }
    expect(seen.size).toBe(100)
  })

  it.each([
    ['another organization', { ...context, orgId: 'org-b' }],
    ['another row', { ...context, credentialId: 'row-2' }],
    ['an older version of the row', { ...context, version: 2 }],
    ['a context whose parts are moved', { ...context, orgId: 'org-arow', credentialId: '-1' }],
  ])('does not open in %s', (_where, elsewhere) => {
    expect(() => open([key], elsewhere, seal(key.publicKey, context, secret))).toThrow(SealError)
  })

  it('does not open with any one of its bits flipped, nor cut', () => {
    const sealed = seal(key.publicKey, context, secret)
    for (let bit = 0; bit < sealed.bytes.length * 8; bit += 1) {
      // X25519 itself ignores the highest bit of a point (RFC 7748, section 5); the derivation does not.
      const bytes = Buffer.from(sealed.bytes)
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => open([key], context, { ...sealed, bytes })).toThrow(SealError)
    }
    for (let length = 0; length < sealed.bytes.length; length += 1)
      expect(() => open([key], context, { ...sealed, bytes: sealed.bytes.slice(0, length) })).toThrow(SealError)
  })

  it('does not open under another key, even one that claims its id', () => {
    const sealed = seal(key.publicKey, context, secret)
    expect(() => open([stranger], context, sealed)).toThrow(/not held here/)
    expect(() => open([{ ...stranger, id: key.id }], context, sealed)).toThrow(SealError)
  })

  it('is not opened through a point of small order, whose shared secret anyone knows', () => {
    const sealed = seal(key.publicKey, context, secret)
    const bytes = Buffer.from(sealed.bytes)
    bytes.fill(0, 1, 33)
    expect(() => open([key], context, { ...sealed, bytes })).toThrow(SealError)
  })
})

describe('sealing keys as text', () => {
  it('the public half is made from the private one, and the id from the public one', () => {
    const text = newKeyText()
    const [first] = parseSealingPrivateKeys(text)
    const publicKey = parseSealingPublicKey(formatSealingPublicKey(first.publicKey))
    expect(publicKey.id).toBe(first.id)
    expect(Buffer.from(open([first], context, seal(publicKey, context, secret)))).toEqual(secret)
  })

  it('several are read in order', () => {
    const [a, b] = [newKeyText(), newKeyText()]
    const keys = parseSealingPrivateKeys(`${a}, ${b}`)
    expect(keys.map(({ id }) => id)).toEqual([a, b].map((text) => parseSealingPrivateKeys(text)[0].id))
  })

  it('agree with the vector of RFC 7748, section 6.1', () => {
    const [known] = parseSealingPrivateKeys(KNOWN_PRIVATE)
    expect(formatSealingPublicKey(known.publicKey)).toBe(KNOWN_PUBLIC)
  })

  it.each(['', 'ab', 'zz'.repeat(32), 'AB'.repeat(32)])('%j is no key, and the message does not repeat it', (text) => {
    for (const parse of [parseSealingPrivateKeys, parseSealingPublicKey])
      expect(() => parse(text)).toThrow(
        expect.objectContaining({
          name: 'RangeError',
          message: expect.not.stringContaining(text === '' ? 'undefined' : text),
        }),
      )
  })

  it('the same one twice is refused', () => {
    const text = newKeyText()
    expect(() => parseSealingPrivateKeys(`${text},${text}`)).toThrow(/twice/)
  })
})
