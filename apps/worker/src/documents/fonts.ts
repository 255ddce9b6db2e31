import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

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

/** Read once: a run of closes draws thousands of documents. */
const load = (file: string): Buffer => withoutLayout(readFileSync(require.resolve(file)))

const FILES = {
  regular: '@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf',
  strong: '@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf',
  wide: 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf',
} as const

export type FontName = keyof typeof FILES
export const FONT_NAMES = Object.keys(FILES) as readonly FontName[]

const loaded = new Map<FontName, Buffer>()

export const fontBytes = (name: FontName): Buffer => {
  const known = loaded.get(name)
  if (known !== undefined) return known
  const bytes = load(FILES[name])
  loaded.set(name, bytes)
  return bytes
}

/** Latin, Greek, Cyrillic and the punctuation of the documents themselves. */
const IN_INTER =
  /^[\u0020-\u024F\u0259\u02BB-\u02DD\u0370-\u03FF\u0400-\u052F\u1E00-\u1EFF\u2010-\u2027\u202F-\u203A\u20A0-\u20BF\u2116\u2122\u2212\u00D7]*$/u

/** Names come in every script: what Inter has no letters for is set in DejaVu, which has most alphabets. */
export const fontFor = (text: string, wanted: FontName): FontName => (IN_INTER.test(text) ? wanted : 'wide')
