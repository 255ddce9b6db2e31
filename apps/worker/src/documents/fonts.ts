import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import anyAscii from 'any-ascii'
import { create as createFont, type Font } from 'fontkit'

const require = createRequire(import.meta.url)

const DIRECTORY_AT = 12
const ENTRY_BYTES = 16
/** Rules for ligatures, kerning and contextual forms. Reading and applying them took nine tenths of the time of a document (250 of 280 ms). */
const LAYOUT_TABLES: ReadonlySet<string> = new Set(['GSUB', 'GPOS', 'GDEF', 'kern'])

/** The same font without its layout tables: their entries leave the directory, everything else keeps its place in the file. */
const withoutLayout = (font: Buffer): Buffer => {
  const plain = Buffer.from(font)
  const entries = Array.from({ length: font.readUInt16BE(4) }, (_, index) =>
    font.subarray(DIRECTORY_AT + index * ENTRY_BYTES, DIRECTORY_AT + (index + 1) * ENTRY_BYTES),
  ).filter((entry) => !LAYOUT_TABLES.has(entry.toString('latin1', 0, 4)))
  plain.writeUInt16BE(entries.length, 4)
  entries.forEach((entry, index) => plain.set(entry, DIRECTORY_AT + index * ENTRY_BYTES))
  return plain
}

const FILES = {
  regular: '@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf',
  strong: '@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf',
  wide: 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf',
} as const

export type FontName = keyof typeof FILES
export const FONT_NAMES = Object.keys(FILES) as readonly FontName[]

/** Where one letter stands for several characters, the one it is printed for: a reader copies it out of the PDF as that. */
const PREFERRED = Array.from('ι’”', (letter) => letter.codePointAt(0) ?? 0)

/** Every letter is met in the same order, because a font remembers the first character that each was asked for. */
const parse = (file: string): Font => {
  const font = createFont(withoutLayout(readFileSync(require.resolve(file))))
  if (!('characterSet' in font)) throw new Error(`${file} is a collection of fonts.`)
  for (const code of [...PREFERRED, ...font.characterSet]) font.glyphForCodePoint(code)
  return font
}

const parsed = new Map<FontName, Font>()

/** Parsed once for all documents: reading a font anew for each took half of the time of a document. */
export const parsedFont = (name: FontName): Font => {
  const known = parsed.get(name)
  if (known !== undefined) return known
  const font = parse(FILES[name])
  parsed.set(name, font)
  return font
}

/** What nearly every text is made of, and Inter surely has. */
const PLAIN = /^[\u0020-\u007E\u00A1-\u00AC\u00AE-\u0148\u014A-\u017F\u2018-\u201D\u202F\u2212]*$/u

const letters = new Map<FontName, ReadonlySet<number>>()

/** The code points that a font has a letter for. */
export const lettersOf = (name: FontName): ReadonlySet<number> => {
  const known = letters.get(name)
  if (known !== undefined) return known
  const found: ReadonlySet<number> = new Set(parsedFont(name).characterSet)
  letters.set(name, found)
  return found
}

const isIn = (name: FontName, text: string): boolean => {
  const known = lettersOf(name)
  return Array.from(text).every((letter) => known.has(letter.codePointAt(0) ?? 0))
}

/** What Inter has no letters for is set in DejaVu, which has most alphabets. */
export const fontFor = (text: string, wanted: FontName): FontName =>
  PLAIN.test(text) || isIn(wanted, text) ? wanted : 'wide'

/** Written from the right, or by letters that change with their neighbours: that needs the layout tables, and without them would be wrong and not plain. */
const NEEDS_LAYOUT =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Lao}\p{Mark}]/u

const CONTROL = /(?!\n)\p{Cc}/gu

/** DejaVu has all that Inter has; a text is set in one of them from end to end. */
const hasLetter = (letter: string): boolean => !NEEDS_LAYOUT.test(letter) && isIn('wide', letter)

/**
 * The text as the PDF can print it. Names come in every script; fonts for all of them would weigh a hundred megabytes, so what neither font has (Chinese,
 * Japanese, Korean, Arabic, the scripts of India, …) is written in Latin letters, never as empty boxes. The HTML document has it as it was given.
 */
export const printable = (text: string): string => {
  if (PLAIN.test(text)) return text
  const composed = text.normalize('NFC').replace(CONTROL, ' ')
  if (isIn('regular', composed) && isIn('strong', composed)) return composed
  return Array.from(composed, (letter) => (hasLetter(letter) ? letter : anyAscii(letter))).join('')
}
