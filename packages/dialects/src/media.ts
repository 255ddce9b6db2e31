import type { ContentPart, MediaSource } from '@atpar/core/chat'

const DATA_URL = /^data:([^;,]{0,100})((?:;[^;,]{0,100}){0,4}),/

/**
 * Whether an address leads into the storage of the account that is asked (buckets, uploaded files) instead of to what anybody could fetch.
 * https://ai.google.dev/gemini-api/docs/files, https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
 */
export const isStoredAddress = (address: string): boolean =>
  !/^https?:\/\//i.test(address) ||
  /^https?:\/\/[^/?#]*\bgenerativelanguage\.googleapis\.com\.?(?:[:/?#]|$)/i.test(address)

/** A `data:` URL is bytes, anything else an address the provider fetches itself. */
export const readMediaUrl = (url: string): MediaSource => {
  const match = DATA_URL.exec(url.slice(0, 600))
  if (match === null || !(match[2] ?? '').endsWith(';base64')) return { kind: 'url', url, mediaType: null }
  return {
    kind: 'base64',
    mediaType: match[1] === '' || match[1] === undefined ? 'application/octet-stream' : match[1],
    data: url.slice(match[0].length),
  }
}

type Detail = NonNullable<Extract<ContentPart, { type: 'image' }>['detail']>

/** How closely a picture is looked at; a word that only one format knows is named as left out. */
export const readDetail = (detail: string | null, unmapped: Set<string>): { readonly detail?: Detail } => {
  if (detail === null) return {}
  if (detail === 'low' || detail === 'high' || detail === 'auto') return { detail }
  unmapped.add('image.detail')
  return {}
}

export const writeMediaUrl = (source: MediaSource): string =>
  source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`

/** Text files travel as plain text where a format has no place for them. Base64 that is no UTF-8 text gives null. */
export const readTextFile = (source: MediaSource): string | null => {
  if (source.kind !== 'base64' || !/^(?:text\/|application\/json)/.test(source.mediaType)) return null
  const bytes = decodeBase64(source.data)
  return bytes === null ? null : decodeUtf8(bytes)
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const SIXTETS = new Map([
  ...Array.from(ALPHABET, (letter, value) => [letter, value] as const),
  ['-', 62] as const,
  ['_', 63] as const,
])

const decodeBase64 = (text: string): Uint8Array | null => {
  const clean = text.replace(/[\s=]+/g, '')
  const bytes = new Uint8Array(Math.floor((clean.length * 3) / 4))
  let bits = 0
  let held = 0
  let length = 0
  for (const letter of clean) {
    const value = SIXTETS.get(letter)
    if (value === undefined) return null
    held = ((held << 6) | value) & 0xfff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[length] = (held >> bits) & 0xff
      length += 1
    }
  }
  return bytes
}

const decodeUtf8 = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}
