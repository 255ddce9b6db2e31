import { describe, expect, it } from 'vitest'
import { findServedOffering } from './served-offering.ts'

const offering = (upstreamModel: string, providerId = 'openai') => ({
  id: `${providerId}/${upstreamModel}`,
  providerId,
  upstreamModel,
})
const ROUTED = offering('gpt-4o')
const MINI = offering('gpt-4o-mini')
const DATED = offering('gpt-4o-2024-05-13')
const ALL = [ROUTED, MINI, DATED, offering('o9', 'elsewhere')]

describe('whose prices an answer is billed by', () => {
  it.each([
    [null, ROUTED],
    ['', ROUTED],
    ['gpt-4o', ROUTED],
    ['gpt-4o-2024-08-06', ROUTED],
    ['models/gpt-4o', ROUTED],
    ['GPT-4o-latest', ROUTED],
    ['gpt-4o-mini', MINI],
    ['gpt-4o-mini-2024-07-18', MINI],
    ['gpt-4o-2024-05-13', DATED],
  ])('an answer of %s is billed by the offering of that model', (served, expected) => {
    expect(findServedOffering(ROUTED, served, ALL)).toBe(expected)
  })

  it.each(['gpt-4o-audio', 'o9', 'gpt-5'])(
    'an answer of %s, which the provider has no price for, by none',
    (served) => {
      expect(findServedOffering(ROUTED, served, ALL)).toBeNull()
    },
  )
})
