const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Numbers as base64 of little-endian 32-bit floats, the way OpenAI's clients read `encoding_format: "base64"`. */
export const encodeFloats = (values: readonly number[]): string => {
  const bytes = new Uint8Array(values.length * 4)
  const view = new DataView(bytes.buffer)
  for (const [index, value] of values.entries()) view.setFloat32(index * 4, value, true)
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at
    const triple = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    text += letterAt(triple >> 18) + letterAt(triple >> 12)
    text += (left > 1 ? letterAt(triple >> 6) : '=') + (left > 2 ? letterAt(triple) : '=')
  }
  return text
}

const letterAt = (bits: number): string => ALPHABET.charAt(bits & 63)

/** And back. Null for text that is no base64 of whole floats. */
export const decodeFloats = (text: string): readonly number[] | null => {
  const data = text.replace(/=+$/, '')
  if (/[^A-Za-z0-9+/]/.test(data)) return null
  const bytes = new Uint8Array(Math.floor((data.length * 3) / 4))
  if (bytes.length % 4 !== 0) return null
  let held = 0
  let bits = 0
  let at = 0
  for (const letter of data) {
    held = ((held << 6) | ALPHABET.indexOf(letter)) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[at] = (held >> bits) & 0xff
    at += 1
  }
  const view = new DataView(bytes.buffer)
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(index * 4, true))
}
