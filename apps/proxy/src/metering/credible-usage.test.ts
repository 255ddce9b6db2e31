import { describe, expect, it } from 'vitest'
import { credibleUsage } from './credible-usage.ts'

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
