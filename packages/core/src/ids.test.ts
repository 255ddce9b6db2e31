import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isUuid, msOfUuidV7, newUuidV7, uuidV7At } from './ids.ts'

const instant = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const random = fc.uint8Array({ minLength: 10, maxLength: 10 })

describe('uuidV7At', () => {
  it('is the example of RFC 9562, appendix A.6', () => {
    // rand_a = 0xCC3, rand_b = 0x18C4DC0C0C07398F.
    const bytes = Uint8Array.of(0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f)
    expect(uuidV7At(0x017f22e279b0, bytes)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
  })

  it('carries its millisecond', () => {
    fc.assert(
      fc.property(instant, random, (atMs, bytes) => {
        expect(Number.parseInt(uuidV7At(atMs, bytes).replace('-', '').slice(0, 12), 16)).toBe(atMs)
      }),
    )
  })

  it('says version 7 and the RFC’s variant, whatever the random bytes', () => {
    fc.assert(
      fc.property(instant, random, (atMs, bytes) => {
        expect(uuidV7At(atMs, bytes)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      }),
    )
  })

  it('sorts as text by time', () => {
    fc.assert(
      fc.property(instant, instant, random, random, (one, other, oneBytes, otherBytes) => {
        fc.pre(one !== other)
        expect(uuidV7At(one, oneBytes) < uuidV7At(other, otherBytes)).toBe(one < other)
      }),
    )
  })

  it('keeps all 74 random bits: any of them changes the id', () => {
    const none = uuidV7At(0, new Uint8Array(10))
    const ids = new Set<string>()
    for (let bit = 0; bit < 80; bit += 1) {
      const bytes = new Uint8Array(10)
      bytes[bit >> 3] = 1 << (bit & 7)
      ids.add(uuidV7At(0, bytes))
    }
    ids.delete(none)
    expect(ids.size).toBe(74)
  })
})

describe('newUuidV7', () => {
  it('takes the time and ten random bytes from its source', () => {
    const asked: number[] = []
    const id = newUuidV7({
      nowMs: () => 1_795_348_800_000,
      randomBytes: (count) => {
        asked.push(count)
        return new Uint8Array(count).fill(0xff)
      },
    })
    expect(asked).toEqual([10])
    expect(id).toBe(uuidV7At(1_795_348_800_000, new Uint8Array(10).fill(0xff)))
  })
})

describe('isUuid', () => {
  it('knows its own ids', () => {
    fc.assert(fc.property(instant, random, (atMs, bytes) => isUuid(uuidV7At(atMs, bytes))))
  })

  it.each([
    '',
    'abc',
    '017F22E2-79B0-7CC3-98C4-DC0C0C07398F',
    '017f22e279b07cc398c4dc0c0c07398f',
    '017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n',
    ' 017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
    "017f22e2-79b0-7cc3-98c4-dc0c0c07398'",
  ])('refuses %j', (text) => {
    expect(isUuid(text)).toBe(false)
  })
})

describe('the instant of an id', () => {
  it('is the one it was made of', () => {
    for (const atMs of [0, 1_700_000_000_123, 2 ** 48 - 1])
      expect(msOfUuidV7(uuidV7At(atMs, new Uint8Array(10).fill(255)))).toBe(atMs)
  })

  it('is unknown for ids that are no v7', () => {
    expect(msOfUuidV7('0190a1b2-0000-4000-8000-000000000000')).toBeNull()
    expect(msOfUuidV7('not an id')).toBeNull()
  })
})
