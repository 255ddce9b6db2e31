/** Misses in a row after which a stream counts as one whose events differ in more than their text. */
const PATIENCE = 8
/** Of which OpenAI sends as many characters as hide how long the text is. */
const PADDING = '"obfuscation":"'
/** Anything but what stands in a string of JSON as it is. */
const NEEDS_JSON = /[^ !#-[\]-\uffff]/
const END_OF_PADDED = /^[ !#-[\]-\uffff]*"\}$/

/**
 * The events of a stream that differ in one text and nothing else, as nearly all of an answer do: what they say is known from one of them, and only
 * the text has to be found. Reading such an event as JSON costs ten times as much. It never guesses: an event is one of them only where every
 * character around the text is the same, and the text is one that JSON writes as it is.
 */
export class RepeatedText {
  #before = ''
  #after = ''
  #isPadded = false
  #misses = 0

  /** The text of an event that is otherwise the one that was learnt; null when it is another. */
  find(data: string): string | null {
    const from = this.#before.length
    if (from === 0 || data.slice(0, from) !== this.#before) return null
    const to = data.indexOf('"', from)
    const end = to + this.#after.length
    if (to <= from || data.slice(to, end) !== this.#after) return null
    if (this.#isPadded ? !END_OF_PADDED.test(data.slice(end)) : data.length !== end) return null
    const text = data.slice(from, to)
    if (NEEDS_JSON.test(text)) return null
    this.#misses = 0
    return text
  }

  /** An event was read as JSON: `text` is all that it says, or null where it says anything else. Events may be found by it only until the next one. */
  learn(data: string, text: string | null): void {
    this.#before = ''
    if (text === null || text === '' || this.#misses === PATIENCE) return
    this.#misses += 1
    const quoted = `"${text}"`
    const at = data.indexOf(quoted)
    // Without escapes every string stands there as it is, so the only place where the text stands is its own.
    if (at === -1 || data.indexOf(quoted, at + 1) !== -1 || data.includes('\\')) return
    const end = at + quoted.length - 1
    const padding = data.indexOf(PADDING, end)
    this.#isPadded = padding !== -1 && END_OF_PADDED.test(data.slice(padding + PADDING.length))
    this.#before = data.slice(0, at + 1)
    this.#after = this.#isPadded ? data.slice(end, padding + PADDING.length) : data.slice(end)
  }
}
