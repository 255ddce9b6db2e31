import { describe, expect, test } from 'vitest'
import { boundInputTokens, boundOutputTokens, expectedOutputTokens, type SizeFacts } from './tokens-bound.ts'

const facts = (changes: Partial<SizeFacts> = {}): SizeFacts => ({
  textBytes: 1_000,
  mediaTokens: 0,
  maxOutputTokens: null,
  choices: 1,
  reasoningTokens: null,
  ...changes,
})
const limits = (contextTokens: number | null, maxOutputTokens: number | null) => ({ contextTokens, maxOutputTokens })

describe('bounding the input', () => {
  test('is one token per byte of text plus the media', () => {
    expect(boundInputTokens(facts({ mediaTokens: 765 }), [limits(128_000, null)])).toBe(1_765)
  })

  test('is never more than the largest context among the candidates', () => {
    expect(boundInputTokens(facts({ textBytes: 5_000_000 }), [limits(8_192, null), limits(128_000, null)])).toBe(
      128_000,
    )
  })

  test('is as many contexts as there are texts that are read apart from each other', () => {
    const wide = facts({ textBytes: 5_000_000, inputs: 3 })
    expect(boundInputTokens(wide, [limits(8_192, null)])).toBe(3 * 8_192)
  })

  test('is the whole context when the body does not bound its media', () => {
    expect(boundInputTokens(facts({ mediaTokens: null }), [limits(128_000, null)])).toBe(128_000)
  })

  test('does not trust one known context when another candidate’s is unknown', () => {
    expect(
      boundInputTokens(facts({ textBytes: 300_000 }), [limits(128_000, null), limits(null, null)]),
    ).toBeGreaterThanOrEqual(300_000)
  })
})

describe('sizing the output', () => {
  test('expects a usual answer, not the model’s longest', () => {
    expect(expectedOutputTokens(facts(), [limits(128_000, 16_384)])).toBe(1_024)
  })

  test('follows a smaller limit of the caller or of the model', () => {
    expect(expectedOutputTokens(facts({ maxOutputTokens: 40 }), [limits(128_000, 16_384)])).toBe(40)
    expect(expectedOutputTokens(facts({ maxOutputTokens: 32_000 }), [limits(8_192, 512)])).toBe(512)
  })

  test('holds more for a thinking budget, within the caller’s limit', () => {
    expect(expectedOutputTokens(facts({ reasoningTokens: 8_000 }), [limits(200_000, 64_000)])).toBe(9_024)
    expect(
      expectedOutputTokens(facts({ reasoningTokens: 8_000, maxOutputTokens: 4_000 }), [limits(200_000, 64_000)]),
    ).toBe(4_000)
  })

  test('multiplies by the answers asked for', () => {
    expect(expectedOutputTokens(facts({ maxOutputTokens: 100, choices: 3 }), [limits(128_000, 16_384)])).toBe(300)
  })

  test('is bounded by the caller’s limit, else the model’s, else its context', () => {
    expect(boundOutputTokens(facts({ maxOutputTokens: 50 }), [limits(128_000, 16_384)])).toBe(50)
    expect(boundOutputTokens(facts(), [limits(128_000, 16_384)])).toBe(16_384)
    expect(boundOutputTokens(facts(), [limits(128_000, null)])).toBe(128_000)
  })

  test('never expects more than it bounds', () => {
    for (const maxOutputTokens of [null, 1, 1_024, 100_000]) {
      for (const reasoningTokens of [null, 0, 50_000]) {
        const size = facts({ maxOutputTokens, reasoningTokens, choices: 2 })
        expect(expectedOutputTokens(size, [limits(8_192, 4_096)])).toBeLessThanOrEqual(
          boundOutputTokens(size, [limits(8_192, 4_096)]),
        )
      }
    }
  })
})
