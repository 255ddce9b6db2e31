import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BASE62, formatApiKey, parseApiKey, PUBLIC_LENGTH, SECRET_LENGTH } from './api-key.ts'

const base62Character = fc.constantFrom(...BASE62.split(''))
const base62 = (length: number) => fc.string({ unit: base62Character, minLength: length, maxLength: length })
const parts = fc.record({
  mode: fc.constantFrom('live' as const, 'test' as const, 'manage' as const),
  publicPart: base62(PUBLIC_LENGTH),
  secret: base62(SECRET_LENGTH),
})

describe('parseApiKey', () => {
  it('reads every key that formatApiKey writes', () => {
    fc.assert(
      fc.property(parts, (key) => {
        const text = formatApiKey(key)
        expect(parseApiKey(text)).toEqual({
          mode: key.mode,
          prefix: `atpar_${key.mode}_${key.publicPart}`,
          lastFour: text.slice(-4),
          isChecksumValid: true,
        })
      }),
    )
  })

  it('notices every single mistyped character', () => {
    fc.assert(
      fc.property(parts, fc.nat(), base62Character, (key, position, typed) => {
        const text = formatApiKey(key)
        const body = `atpar_${key.mode}_`.length
        const at = body + (position % (text.length - body))
        fc.pre(text.charAt(at) !== typed && text.charAt(at) !== '_')
        expect(parseApiKey(text.slice(0, at) + typed + text.slice(at + 1))?.isChecksumValid).toBe(false)
      }),
    )
  })

  it('keeps the checksum it has had since the first key', () => {
    const key = formatApiKey({ mode: 'live', publicPart: '0123456789AB', secret: 'a'.repeat(SECRET_LENGTH) })
    expect(key).toBe(`atpar_live_0123456789AB_${'a'.repeat(SECRET_LENGTH)}2yMaBE`)
  })

  it.each([
    '',
    'sk-proj-abc',
    'atpar_live_short_x',
    `atpar_prod_${'a'.repeat(PUBLIC_LENGTH)}_${'b'.repeat(SECRET_LENGTH + 6)}`,
    `atpar_live_${'a'.repeat(PUBLIC_LENGTH)}_${'b'.repeat(SECRET_LENGTH + 7)}`,
    ` atpar_live_${'a'.repeat(PUBLIC_LENGTH)}_${'b'.repeat(SECRET_LENGTH + 6)}`,
  ])('takes "%s" for no key of ours', (text) => {
    expect(parseApiKey(text)).toBeNull()
  })
})
