import type { ProviderSignature } from '@atpar/core/chat'

/**
 * Anthropic's and Gemini's formats each have a field for their own thinking signatures and their clients send it back unread. Another provider's
 * signature travels in that field behind a mark that says whose it is, so that it is never shown to the wrong provider.
 * The marks are 16 letters of the base64 alphabet: clients that decode the field to bytes and back (Google's Python SDK) keep them whole.
 */
const MARKS: readonly (readonly [dialect: string, mark: string])[] = [
  ['anthropic-messages', 'atparSigAnthropi'],
  ['gemini', 'atparSigGemini00'],
  ['openai-chat', 'atparSigOpenAi00'],
  ['openai-responses', 'atparSigOpenAiRe'],
  ['bedrock-converse', 'atparSigBedrock0'],
]

export const writeSignature = (signature: ProviderSignature, dialect: string): string =>
  signature.dialect === dialect
    ? signature.value
    : `${MARKS.find(([name]) => name === signature.dialect)?.[1] ?? ''}${signature.value}`

/** Null for an empty field: a signature that is not there must not come back as one that is wrong. */
export const readSignature = (text: string | null, dialect: string): ProviderSignature | null => {
  if (text === null || text === '') return null
  const marked = MARKS.find(([, mark]) => text.startsWith(mark))
  return marked === undefined ? { dialect, value: text } : { dialect: marked[0], value: text.slice(marked[1].length) }
}
