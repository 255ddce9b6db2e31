import type { JsonValue } from '@atpar/core/json'

const encoder = new TextEncoder()

/** Bytes of a string in UTF-8. A tokenizer never makes more tokens than bytes. */
export const countBytes = (text: string): number => {
  // Writing it where nobody reads it is the engine's fastest way to count; asking it for each character by itself is ten times as slow.
  if (text.length > SHORT_TEXT && text.length <= LONGEST_WRITTEN) return encoder.encodeInto(text, unread).written
  return NOT_ASCII.test(text) ? encoder.encode(text).length : text.length
}

/** For less than this a search costs less. */
const SHORT_TEXT = 40
/** A character is at most three bytes. */
const LONGEST_WRITTEN = 8_192
const unread = new Uint8Array(3 * LONGEST_WRITTEN)
const NOT_ASCII = /[\u0080-\uffff]/

export const countJsonBytes = (value: JsonValue | undefined): number =>
  value === undefined ? 0 : countBytes(JSON.stringify(value))

/**
 * What providers add around the text (role markers, separators, the instructions that explain tools): counted so that the bound holds for the
 * shortest of messages. Anthropic documents up to 735 tokens for tools
 * (https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview#pricing), OpenAI 3 to 4 per message.
 */
export const REQUEST_OVERHEAD_BYTES = 16
export const MESSAGE_OVERHEAD_BYTES = 8
export const TOOLS_OVERHEAD_BYTES = 735

/** Largest count of any provider's formula: Anthropic's 4,784 for a full-resolution image, beside OpenAI's 1,445 and Gemini's 2,240. */
const IMAGE_TOKENS = 5_000
/** One model family multiplies its image tokens instead of their price: 2,833 + 8 tiles × 5,667. */
const INFLATED_IMAGE_TOKENS = 48_169
export const boundImageTokens = (model: string): number =>
  model.includes('gpt-4o-mini') ? INFLATED_IMAGE_TOKENS : IMAGE_TOKENS

/** Gemini counts 32 tokens a second, the most of all; speech is not encoded below 8 kbit/s, so 1,000 bytes are at most a second. */
export const boundAudioTokens = (base64Length: number): number => Math.ceil((base64Length * 0.75 * 32) / 1_000)

/** Plain text costs at most a token per byte. A page of a PDF costs what it likes, and its bytes do not tell the pages: no bound. */
export const boundFileTokens = (mediaType: string, base64Length: number): number | null =>
  mediaType.startsWith('text/') || mediaType === 'application/json' ? Math.ceil(base64Length * 0.75) : null

/** Adds up media; one part without a bound makes the whole unbounded. */
export const createMediaTally = (): { add: (tokens: number | null) => void; total: () => number | null } => {
  let total: number | null = 0
  return {
    add(tokens) {
      total = total === null || tokens === null ? null : total + tokens
    },
    total: () => total,
  }
}
