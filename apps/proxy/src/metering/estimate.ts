import type { ChatRequest, ContentPart } from '@atpar/core/chat'

/**
 * Token counts for answers whose provider never got to report any. Lower bounds on purpose: an estimate must not bill more than the provider would
 * (money.md, "What equals what"). The tokenizer is fed bounded text only, because 100 kB hold the event loop for milliseconds.
 */
export const MAX_TOKENIZED_CHARACTERS = 50_000
/** Beyond the bound: fewer tokens a character than any text of the languages our models are used for. */
const CHARACTERS_PER_TOKEN_AT_MOST = 6

/** Loads the tokenizer, which takes a quarter of a second: before anyone waits for the count of a stream that was cut. */
export const warmTokenizer = async (): Promise<void> => {
  await countTokens('warm')
}

/** `characters`: how long the text is of which this is only the beginning. */
export const countTokens = async (text: string, characters = text.length): Promise<number> => {
  if (text === '') return 0
  const { countTokens: count } = await import('gpt-tokenizer/encoding/o200k_base')
  const head = text.slice(0, MAX_TOKENIZED_CHARACTERS)
  if (LONG_RUN.test(head)) return Math.floor(characters / CHARACTERS_PER_TOKEN_AT_MOST)
  return count(head) + Math.floor((characters - head.length) / CHARACTERS_PER_TOKEN_AT_MOST)
}

/** Of text too long to be looked at. UTF-8 has at most four bytes a character. */
export const leastTokens = (bytes: number): number => Math.floor(bytes / 4 / CHARACTERS_PER_TOKEN_AT_MOST)

/** Byte-pair encoding is quadratic in a run without spaces: 64 kB of one letter take seconds. Such text is counted by its length. */
const LONG_RUN = /\S{2000}/

/** The text a model reads: no framing, no media, so that its count stays below the provider's. */
export const textOfRequest = (request: ChatRequest): string =>
  request.messages.flatMap((message) => message.content.map(textOfPart)).join('')

const textOfPart = (part: ContentPart): string => {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text
    case 'tool-result':
      return part.content.map(textOfPart).join('')
    case 'image':
    case 'audio':
    case 'file':
    case 'tool-call':
    case 'thinking':
      return ''
  }
}
