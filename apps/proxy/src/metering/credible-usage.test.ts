import { describe, expect, it } from 'vitest'
import { credibleTaskUsage, credibleUsage } from './credible-usage.ts'

const worst = { inputTokens: 100, outputTokens: 1_000 }
const claim = (input: number, output: number, hasContent = true) =>
  credibleUsage({ usage: { units: { input_uncached: input, output_text: output }, raw: null }, worst, hasContent })

describe('what a provider says it counted', () => {
  it('is believed when it can be true, also where it is more than we bounded', () => {
    expect(claim(90, 10)).not.toBeNull()
    expect(claim(900, 5_000)).not.toBeNull()
    expect(claim(90, 0, false)).not.toBeNull()
  })

  it.each([
    ['no input at all', 0, 10],
    ['words without output', 90, 0],
    ['a thousand times the prompt', 10_000_000, 10],
    ['a million times the answer', 90, 1_000_000_000],
  ])('is not believed when it says %s', (_claim, input, output) => {
    expect(claim(input, output)).toBeNull()
  })
})

describe('what a provider says it counted of what is no chat', () => {
  const bounds = { inputTokens: 100, outputTokens: 0, units: { searches: 3 } }
  const believed = (units: object) => credibleTaskUsage({ units, raw: null }, bounds) !== null

  it('is believed in any unit that the request bounds, and in requests', () => {
    expect(believed({ input_uncached: 90 })).toBe(true)
    expect(believed({ searches: 3 })).toBe(true)
    expect(believed({ requests: 1 })).toBe(true)
  })

  it.each([
    ['nothing at all', {}],
    ['nothing of anything', { input_uncached: 0 }],
    ['a million times the input', { input_uncached: 100_000_000 }],
    ['a hundred times the searches', { searches: 300 }],
    ['minutes of a request that has no sound', { seconds: 600 }],
  ])('is not believed when it says %s', (_claim, units) => {
    expect(believed(units)).toBe(false)
  })
})
