import { createHash } from 'node:crypto'

import { countTextTokens } from '../generate/tokens.ts'

/** A vector of length one made from a text: the same text gives the same one. Its numbers are exact in 32 bits, as the real ones are. */
export function embed(text: string, dimensions: number): number[] {
  const values: number[] = []
  for (let block = 0; values.length < dimensions; block += 1) {
    const digest = createHash('sha512').update(`${block} ${text}`).digest()
    for (let at = 0; at < digest.length && values.length < dimensions; at += 2)
      values.push(digest.readInt16LE(at) / 32_768)
  }
  const length = Math.hypot(...values) || 1
  return values.map((value) => Math.fround(value / length))
}

export const toBase64 = (values: readonly number[]): string =>
  Buffer.from(Float32Array.from(values).buffer).toString('base64')

export const countTexts = (texts: readonly string[]): number =>
  texts.reduce((sum, text) => sum + countTextTokens(text), 0)

/** The share of a query's words that a document has: enough to tell a fitting one from another. */
function scoreOf(query: string, document: string): number {
  const words = new Set(query.toLowerCase().match(/\w+/g) ?? [])
  const found = new Set((document.toLowerCase().match(/\w+/g) ?? []).filter((word) => words.has(word)))
  const noise = (createHash('sha256').update(document).digest()[0] ?? 0) / 10_000
  return Math.round(Math.min(0.99, (words.size === 0 ? 0 : found.size / words.size) * 0.9 + noise) * 1e6) / 1e6
}

/** Documents by score, best first. */
export function rank(query: string, documents: readonly string[]): { index: number; score: number }[] {
  return documents
    .map((document, index) => ({ index, score: scoreOf(query, document) }))
    .toSorted((a, b) => b.score - a.score || a.index - b.index)
}
