import { createHmac } from 'node:crypto'
import { parseApiKey } from '@atpar/core/api-key'
import { describe, expect, it } from 'vitest'
import { createKeyHasher, generateApiKey, hmacKey, parsePeppers } from './api-key.ts'

const hexOf = (byte: number): string => byte.toString(16).padStart(2, '0').repeat(32)

describe('generateApiKey', () => {
  it('makes keys that parse, with a valid checksum and the prefix it names', () => {
    const key = generateApiKey('live')
    expect(parseApiKey(key.text)).toEqual({
      mode: 'live',
      prefix: key.publicPrefix,
      lastFour: key.lastFour,
      isChecksumValid: true,
    })
    expect(parseApiKey(generateApiKey('test').text)?.mode).toBe('test')
  })

  it('makes a different key every time', () => {
    expect(new Set(Array.from({ length: 500 }, () => generateApiKey('live').text)).size).toBe(500)
  })

  it('uses every character of the alphabet about equally often', () => {
    const counts = new Map<string, number>()
    for (let round = 0; round < 2000; round += 1) {
      for (const character of generateApiKey('live').text.slice(24, 24 + 43))
        counts.set(character, (counts.get(character) ?? 0) + 1)
    }
    // 86,000 draws over 62 characters: 1,387 each, standard deviation 37. A modulo bias would lift the first eight by a quarter.
    expect(counts.size).toBe(62)
    expect(Math.max(...counts.values())).toBeLessThan(1387 + 8 * 37)
    expect(Math.min(...counts.values())).toBeGreaterThan(1387 - 8 * 37)
  })
})

describe('hmacKey', () => {
  const pepper = Buffer.from(hexOf(7), 'hex')

  it('is HMAC-SHA-256 and differs under another pepper', () => {
    expect(Buffer.from(hmacKey('key', pepper)).toString('hex')).toBe(
      createHmac('sha256', pepper).update('key').digest('hex'),
    )
    expect(hmacKey('key', pepper)).not.toEqual(hmacKey('key', Buffer.from(hexOf(8), 'hex')))
  })

  it('agrees with the hasher of the hot path', () => {
    expect(createKeyHasher(pepper)('key')).toBe(Buffer.from(hmacKey('key', pepper)).toString('base64url'))
  })
})

describe('parsePeppers', () => {
  it('reads several, the current one first', () => {
    expect(parsePeppers(`p2:${hexOf(2)},p1:${hexOf(1)}`)).toEqual([
      { id: 'p2', secret: Buffer.from(hexOf(2), 'hex') },
      { id: 'p1', secret: Buffer.from(hexOf(1), 'hex') },
    ])
  })

  it.each(['', 'p1', 'p1:abc', `p1:${hexOf(1)}zz`, `:${hexOf(1)}`, 'p1:00'])(
    'refuses "%s" without repeating it',
    (text) => {
      expect(() => parsePeppers(text)).toThrow('pepper 1 is not')
    },
  )

  it('refuses the same id twice', () => {
    expect(() => parsePeppers(`p1:${hexOf(1)},p1:${hexOf(2)}`)).toThrow('same id')
  })
})
