import { countTokens, decode, encode } from 'gpt-tokenizer/encoding/o200k_base'

/** Every message costs this much beside its text, as chat templates do; so a bare count of the text never exceeds ours. */
const TOKENS_PER_MESSAGE = 4
const TOKENS_PER_REQUEST = 3
/** One flat price for any picture, sound or file: enough to show that they are counted. */
const TOKENS_PER_ATTACHMENT = 258

const PLAIN_TEXT = { disallowedSpecial: new Set<string>() }

// The tokenizer takes quadratic time in the length of a run without spaces (3 s for 64 kB of one letter),
// so long runs are counted in slices, and texts no person would write by a rule of thumb.
const LONGEST_RUN = 1_000
const LONGEST_COUNTED_TEXT = 262_144
const LONG_RUN = new RegExp(`\\S{${LONGEST_RUN + 1},}`)
const RUNS = new RegExp(`\\s+|\\S{1,${LONGEST_RUN}}`, 'g')

const MEMO_ENTRIES = 5_000
const LONGEST_MEMO_TEXT = 16_384
const memo = new Map<string, number>()

/** Tokens of one text (o200k). The same text costs a map look-up the second time. */
export function countTextTokens(text: string): number {
  if (text.length > LONGEST_MEMO_TEXT) return countUnseenText(text)
  const known = memo.get(text)
  if (known !== undefined) return known
  const counted = countUnseenText(text)
  if (memo.size >= MEMO_ENTRIES) {
    const [oldest] = memo.keys()
    if (oldest !== undefined) memo.delete(oldest)
  }
  memo.set(text, counted)
  return counted
}

function countUnseenText(text: string): number {
  if (text.length > LONGEST_COUNTED_TEXT) return Math.ceil(Buffer.byteLength(text) / 2)
  if (!LONG_RUN.test(text)) return countTokens(text, PLAIN_TEXT)
  let total = 0
  for (const run of text.match(RUNS) ?? []) total += countTokens(run, PLAIN_TEXT)
  return total
}

/** An ASCII text as the pieces its tokens stand for: as many pieces as the text has tokens. */
export function splitIntoTokens(asciiText: string): string[] {
  return encode(asciiText, PLAIN_TEXT).map((token) => decode([token]))
}

/** Input tokens of a prompt: its texts plus a fixed cost per message and attachment. */
export function countPromptTokens(prompt: { texts: readonly string[]; messages: number; attachments: number }): number {
  let total = TOKENS_PER_REQUEST + prompt.messages * TOKENS_PER_MESSAGE + prompt.attachments * TOKENS_PER_ATTACHMENT
  for (const text of prompt.texts) total += countTextTokens(text)
  return total
}
