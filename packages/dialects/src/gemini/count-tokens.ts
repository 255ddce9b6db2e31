import type { TokenCounter } from '../contract.ts'
import { pickFields } from '../fields.ts'
import { readCount } from '../token-counts.ts'
import { camelize } from './fields.ts'

const ASKED = ['contents', 'systemInstruction', 'tools', 'toolConfig', 'generationConfig', 'cachedContent'] as const

/** https://ai.google.dev/api/tokens#method:-models.counttokens: what is more than contents has to come as a whole request, which repeats the model. */
export const counter: TokenCounter = {
  path: (target) => `/models/${encodeURIComponent(target.upstreamModel)}:countTokens`,
  ask: (request, target) => ({
    generateContentRequest: { ...pickFields(camelize(request), ASKED), model: `models/${target.upstreamModel}` },
  }),
  read: (answer) => readCount(answer, 'totalTokens') ?? null,
}
