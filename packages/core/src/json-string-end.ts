const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Long strings (images, documents) are crossed with the native search; short ones are quicker by hand. */
const SHORT_STRING = 48

/** Where the string in JSON text that begins with the quote at `start` has its closing quote; -1 when it has none. */
export const findStringEnd = (bytes: Uint8Array, start: number): number => {
  let position = start + 1
  for (const limit = position + SHORT_STRING; position < limit; position += 1) {
    const byte = bytes[position]
    if (byte === QUOTE) return position
    if (byte === BACKSLASH) position += 1
  }
  // An escape may have jumped to `limit` or one beyond it: from here on a quote counts unless an odd number of backslashes stands before it.
  const searchedFrom = position
  for (;;) {
    const quote = bytes.indexOf(QUOTE, position)
    if (quote < 0) return -1
    let backslash = quote - 1
    while (backslash >= searchedFrom && bytes[backslash] === BACKSLASH) backslash -= 1
    if ((quote - 1 - backslash) % 2 === 0) return quote
    position = quote + 1
  }
}
