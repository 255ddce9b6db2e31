import { describe, expect, test } from 'vitest'
import { createRecentService, serviceIdOf } from './recent-service.ts'

const MINUTE = 60_000

describe('how an offering served lately', () => {
  test('is not known before it was asked', () => {
    const recent = createRecentService({ monotonicMs: () => 0 })
    expect(recent.figuresOf('groq/llama')).toEqual({ uptime: null, latencyMs: null, tokensPerSecond: null })
  })

  test('is the share answered, the mean wait, and tokens by the time they took', () => {
    const recent = createRecentService({ monotonicMs: () => 0 })
    recent.noteServed('a', { waitedMs: 100, outputTokens: 50, wroteMs: 1_000 })
    recent.noteServed('a', { waitedMs: 300, outputTokens: 150, wroteMs: 1_000 })
    recent.noteServed('b', { waitedMs: 9_999, outputTokens: 1, wroteMs: 9_999 })
    recent.noteLost('a')
    recent.noteLost('a')
    expect(recent.figuresOf('a')).toEqual({ uptime: 0.5, latencyMs: 200, tokensPerSecond: 100 })
  })

  test('an answer that came in one piece has no speed', () => {
    const recent = createRecentService({ monotonicMs: () => 0 })
    recent.noteServed('a', { waitedMs: 100, outputTokens: 50, wroteMs: 1 })
    expect(recent.figuresOf('a').tokensPerSecond).toBeNull()
  })

  test('is forgotten after half an hour, a slice at a time', () => {
    let now = 0
    const recent = createRecentService({ monotonicMs: () => now })
    recent.noteLost('a')
    now = 20 * MINUTE
    recent.noteServed('a', { waitedMs: 100, outputTokens: 1, wroteMs: 100 })
    expect(recent.figuresOf('a').uptime).toBe(0.5)
    now = 31 * MINUTE
    expect(recent.figuresOf('a').uptime).toBe(1)
    now = 120 * MINUTE
    expect(recent.figuresOf('a').uptime).toBeNull()
  })
})

test('two organizations’ endpoints of one name have figures of their own, the catalogue’s offerings one for all', () => {
  expect(serviceIdOf({ id: 'openai/gpt' })).toBe('openai/gpt')
  const [ours, theirs] = ['ours', 'theirs'].map((credentialId) =>
    serviceIdOf({ id: 'custom/house/llama', credentialId }),
  )
  expect(ours).not.toBe(theirs)
})
