import { expect, test } from 'vitest'
import { outputFloor } from './output-floors.ts'

test.each([
  { dialect: 'openai-chat', maxOutputTokens: null, reasoningTokens: null, isReasoning: false, floor: 16 },
  { dialect: 'openai-chat', maxOutputTokens: null, reasoningTokens: null, isReasoning: true, floor: 512 },
  { dialect: 'openai-chat', maxOutputTokens: 5, reasoningTokens: null, isReasoning: true, floor: 5 },
  // Anthropic thinks only when told to, and then says how much.
  { dialect: 'anthropic-messages', maxOutputTokens: 4_096, reasoningTokens: null, isReasoning: true, floor: 16 },
  { dialect: 'anthropic-messages', maxOutputTokens: 4_096, reasoningTokens: 2_048, isReasoning: true, floor: 2_064 },
  { dialect: 'gemini', maxOutputTokens: null, reasoningTokens: 1_000, isReasoning: true, floor: 1_016 },
] as const)('$dialect, limit $maxOutputTokens, thinking $reasoningTokens: $floor', (each) => {
  expect(outputFloor(each.dialect, each, each.isReasoning)).toBe(each.floor)
})
