/** One server-sent event, decoded. `event` is '' when the field was absent. */
export interface SseEvent {
  readonly event: string
  readonly data: string
}

export interface SseParser {
  /** Takes whatever the socket gave and returns the events that became complete. */
  push(bytes: Uint8Array): readonly SseEvent[]
  /**
   * The stream is over. Unlike a browser, an event whose closing blank line never came is still returned: some providers end
   * on their last data line, and losing it would lose the usage it carries.
   */
  end(): readonly SseEvent[]
}

const LF = 0x0a
const CR = 0x0d
const COLON = 0x3a
const SPACE = 0x20
const BYTE_ORDER_MARK = 0xfeff
const NOTHING: readonly SseEvent[] = []

/**
 * Reads a server-sent event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html) cut anywhere.
 * Bytes are only decoded up to a line end: CR and LF never occur inside a UTF-8 sequence, so no code point is ever split,
 * and the decoder needs no streaming mode (which is several times slower in Node).
 */
export const createSseParser = (): SseParser => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const lines = createLineReader()
  // A list, because joining on every push would make one large event cost the square of its size.
  let pending: Uint8Array[] = []

  const take = (last: Uint8Array): string => {
    if (pending.length === 0) return decoder.decode(last)
    const text = decoder.decode(join([...pending, last]))
    pending = []
    return text
  }

  return {
    push(bytes) {
      const end = Math.max(bytes.lastIndexOf(LF), bytes.lastIndexOf(CR)) + 1
      if (end === 0) {
        // Copied: the caller may reuse its buffer once push has returned.
        if (bytes.length > 0) pending.push(bytes.slice())
        return NOTHING
      }
      const events = lines.read(take(end === bytes.length ? bytes : bytes.subarray(0, end)))
      if (end < bytes.length) pending.push(bytes.slice(end))
      return events
    },
    end() {
      const rest = take(new Uint8Array(0))
      const events = rest === '' ? NOTHING : lines.read(`${rest}\n`)
      const last = lines.flush()
      return last === null ? events : [...events, last]
    },
  }
}

/** Turns whole lines into events; keeps the event that is not closed yet. */
const createLineReader = (): { read: (text: string) => readonly SseEvent[]; flush: () => SseEvent | null } => {
  let isFirst = true
  let skipLineFeed = false
  let event = ''
  let data: string | null = null

  const readField = (text: string, start: number, end: number): void => {
    // "data:" is nearly every line there is.
    if (text.startsWith('data', start)) {
      if (end === start + 4) data = data === null ? '' : `${data}\n`
      else if (text.charCodeAt(start + 4) === COLON) {
        const value = text.slice(text.charCodeAt(start + 5) === SPACE && start + 5 < end ? start + 6 : start + 5, end)
        data = data === null ? value : `${data}\n${value}`
      }
    } else if (text.startsWith('event', start)) {
      if (end === start + 5) event = ''
      else if (text.charCodeAt(start + 5) === COLON)
        event = text.slice(text.charCodeAt(start + 6) === SPACE && start + 6 < end ? start + 7 : start + 6, end)
    }
    // Comments, `id` and `retry` mean nothing to us.
  }

  const flush = (): SseEvent | null => {
    const done = data === null ? null : { event, data }
    event = ''
    data = null
    return done
  }

  const read = (text: string): readonly SseEvent[] => {
    let position = 0
    if (isFirst) {
      isFirst = false
      if (text.charCodeAt(0) === BYTE_ORDER_MARK) position = 1
    }
    if (skipLineFeed && text.charCodeAt(0) === LF) position = 1
    skipLineFeed = text.charCodeAt(text.length - 1) === CR
    const hasCarriageReturn = text.includes('\r', position)
    const events: SseEvent[] = []
    while (position < text.length) {
      const end = hasCarriageReturn ? findLineEnd(text, position) : text.indexOf('\n', position)
      if (end === position) {
        const done = flush()
        if (done !== null) events.push(done)
      } else readField(text, position, end)
      position = text.charCodeAt(end) === CR && text.charCodeAt(end + 1) === LF ? end + 2 : end + 1
    }
    return events
  }

  return { read, flush }
}

/** Every text read here ends in a line end, so there is always one. */
const findLineEnd = (text: string, from: number): number => {
  let end = from
  while (text.charCodeAt(end) !== LF && text.charCodeAt(end) !== CR) end += 1
  return end
}

const join = (parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

/** One event of an unnamed stream (OpenAI, Gemini). `json` must hold no line end: JSON text from JSON.stringify never does. */
export const encodeSseData = (json: string): string => `data: ${json}\n\n`

/** One event of a named stream (Anthropic). */
export const encodeSseEvent = (event: string, json: string): string => `event: ${event}\ndata: ${json}\n\n`
