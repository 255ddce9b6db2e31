import { countInputTokens, countOutputTokens } from '@atpar/core/usage'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { readUsage, writeUsage } from './usage.ts'

const unitsOf = (usage: object): unknown => readUsage(usage)?.units

describe('reading Gemini usage', () => {
  // https://ai.google.dev/api/generate-content#UsageMetadata
  test('takes cached tokens out of the prompt and adds thoughts beside the candidates', () => {
    expect(
      unitsOf({
        promptTokenCount: 2006,
        cachedContentTokenCount: 1920,
        candidatesTokenCount: 300,
        thoughtsTokenCount: 192,
        totalTokenCount: 2498,
      }),
    ).toEqual({
      input_uncached: 86,
      cache_read: 1920,
      output_text: 300,
      output_reasoning: 192,
    })
  })

  // https://ai.google.dev/gemini-api/docs/url-context
  test('counts the prompts of tool runs as input', () => {
    expect(
      unitsOf({
        candidatesTokenCount: 45,
        promptTokenCount: 27,
        promptTokensDetails: [{ modality: 'TEXT', tokenCount: 27 }],
        thoughtsTokenCount: 31,
        toolUsePromptTokenCount: 10309,
        toolUsePromptTokensDetails: [{ modality: 'TEXT', tokenCount: 10309 }],
        totalTokenCount: 10412,
      }),
    ).toEqual({
      input_uncached: 10336,
      output_text: 45,
      output_reasoning: 31,
    })
  })

  // https://ai.google.dev/gemini-api/docs/audio: sound has its own price, pictures have not.
  test('keeps sound apart, less what of it was cached', () => {
    expect(
      unitsOf({
        promptTokenCount: 1000,
        cachedContentTokenCount: 400,
        candidatesTokenCount: 10,
        totalTokenCount: 1010,
        promptTokensDetails: [
          { modality: 'TEXT', tokenCount: 100 },
          { modality: 'IMAGE', tokenCount: 258 },
          { modality: 'AUDIO', tokenCount: 642 },
        ],
        cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 400 }],
      }),
    ).toEqual({ input_uncached: 358, cache_read: 400, audio_in: 242, output_text: 10 })
  })

  test('keeps generated pictures apart', () => {
    expect(
      unitsOf({
        promptTokenCount: 5,
        candidatesTokenCount: 1300,
        totalTokenCount: 1305,
        candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }],
      }),
    ).toEqual({
      input_uncached: 5,
      output_text: 10,
      image_out: 1290,
    })
  })

  test('bills thoughts that only the total shows', () => {
    expect(unitsOf({ promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 115 })).toEqual({
      input_uncached: 10,
      output_text: 5,
      output_reasoning: 100,
    })
  })

  test('does not turn silence into zero', () => {
    expect(unitsOf({ promptTokenCount: 20, totalTokenCount: 20 })).toEqual({ input_uncached: 20 })
  })

  test.each([
    ['nothing', null],
    ['no prompt count', { candidatesTokenCount: 3 }],
    ['a negative count', { promptTokenCount: 5, candidatesTokenCount: -3 }],
    ['an absurd count', { promptTokenCount: 1e18 }],
    ['more cached than prompted', { promptTokenCount: 10, cachedContentTokenCount: 11 }],
    ['a total below its parts', { promptTokenCount: 10, candidatesTokenCount: 3, totalTokenCount: 12 }],
    [
      'a total that nothing explains',
      { promptTokenCount: 10, candidatesTokenCount: 3, thoughtsTokenCount: 1, totalTokenCount: 20 },
    ],
    ['a broken detail', { promptTokenCount: 10, promptTokensDetails: [{ modality: 'AUDIO', tokenCount: -4 }] }],
    [
      'more pictures than candidates',
      {
        promptTokenCount: 10,
        candidatesTokenCount: 3,
        candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 4 }],
      },
    ],
  ])('treats %s as not reported', (_name, usage) => {
    expect(readUsage(usage)).toBeNull()
  })

  test('buckets add up to the provider’s total', () => {
    const count = fc.nat(1_000_000)
    fc.assert(
      fc.property(
        fc.tuple(count, count, count, count, count, count),
        ([text, sound, cached, tool, visible, thoughts]) => {
          const total = text + sound + cached + tool + visible + thoughts
          const units = readUsage({
            promptTokenCount: text + sound + cached,
            cachedContentTokenCount: cached,
            toolUsePromptTokenCount: tool,
            candidatesTokenCount: visible,
            thoughtsTokenCount: thoughts,
            totalTokenCount: total,
            promptTokensDetails: [{ modality: 'AUDIO', tokenCount: sound }],
          })?.units
          expect(units === undefined ? null : countInputTokens(units) + countOutputTokens(units)).toBe(total)
        },
      ),
    )
  })
})

test('what is written reads back as the same buckets', () => {
  const units = { input_uncached: 86, cache_read: 1920, output_text: 108, output_reasoning: 192 }
  expect(unitsOf(writeUsage(units))).toEqual(units)
})
