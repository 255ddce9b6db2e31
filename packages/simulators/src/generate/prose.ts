import type { RandomInteger } from './random.ts'

// Each word below, with the space before it, is exactly one o200k token, and so is each opener and full stop.
// A test counts them: the number of pieces is the number of tokens an answer is billed for.
const OPENERS = ['The', 'Every', 'This', 'One', 'Another', 'Some', 'No', 'That']
const ADJECTIVES = [
  ' quiet',
  ' small',
  ' bright',
  ' early',
  ' patient',
  ' open',
  ' narrow',
  ' steady',
  ' common',
  ' clear',
  ' warm',
  ' distant',
]
const NOUNS = [
  ' river',
  ' market',
  ' letter',
  ' engine',
  ' garden',
  ' bridge',
  ' window',
  ' teacher',
  ' signal',
  ' harbor',
  ' café',
  ' résumé',
  ' train',
  ' story',
  ' answer',
  ' number',
]
const VERBS = [
  ' follows',
  ' carries',
  ' opens',
  ' remembers',
  ' measures',
  ' crosses',
  ' explains',
  ' keeps',
  ' finds',
  ' reaches',
  ' makes',
  ' holds',
]
const ARTICLES = [' the', ' a', ' its', ' another']
const ENDS = [' slowly', ' today', ' again', ' together', ' there', ' first', ' once', ' quietly']

const SENTENCE: readonly (readonly string[])[] = [
  OPENERS,
  ADJECTIVES,
  NOUNS,
  VERBS,
  ARTICLES,
  ADJECTIVES,
  NOUNS,
  ENDS,
  ['.'],
]
const LATER_OPENERS = OPENERS.map((opener) => ` ${opener}`)

/** Words with letters of more than one byte, for streams that are to be cut inside a character. */
const ACCENTED_NOUNS = NOUNS.filter((noun) => Buffer.byteLength(noun) > noun.length)

/** `count` pieces of plain prose, one token each. `accented` makes every noun hold a letter of several bytes. */
export function writeProse(random: RandomInteger, count: number, accented = false): string[] {
  const pieces: string[] = []
  for (let index = 0; index < count; index += 1) {
    const place = index % SENTENCE.length
    const words = place === 0 && index > 0 ? LATER_OPENERS : (SENTENCE[place] ?? NOUNS)
    const choices = accented && words === NOUNS ? ACCENTED_NOUNS : words
    pieces.push(choices[random(choices.length)] ?? '.')
  }
  return pieces
}

/** Every word prose can be made of, for the test that counts their tokens. */
export function listWords(): string[] {
  return [...SENTENCE.flat(), ...LATER_OPENERS]
}
