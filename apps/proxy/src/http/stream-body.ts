import type { ServerResponse } from 'node:http'

/** Beyond this the copy costs more than a write of its own. */
const MAX_TEXT_BYTES = 16 * 1024
const CRLF = '\r\n'
const LAST_CHUNK = '0\r\n\r\n'

/**
 * The body of a streamed answer, in HTTP's chunked coding where the caller understands it. What one turn of the event loop brings goes out as one
 * chunk and one plain write of a text: Node would hand size, bytes and end of each piece to the socket one by one. A class for the sake of memory:
 * every open stream holds one.
 */
export class StreamBody {
  readonly #response: ServerResponse
  readonly #isChunked: boolean
  /** What this turn brought so far, a character for each byte. */
  #text = ''
  #isFull = false
  #isHeadKept = true

  /** @param response whose headers were written and whose body is left to this */
  constructor(response: ServerResponse) {
    this.#response = response
    this.#isChunked = response.chunkedEncoding
    response.chunkedEncoding = false
  }

  /** False when the caller's socket is full. */
  write(bytes: Uint8Array | string): boolean {
    if (bytes.length > MAX_TEXT_BYTES) {
      this.#flush()
      this.#send(toBuffer(bytes))
    } else if (bytes.length > 0) {
      if (this.#text === '') process.nextTick(StreamBody.#flushLater, this)
      this.#text += toByteText(bytes)
    }
    return !this.#isFull
  }

  onDrain(listener: () => void): void {
    this.#response.on('drain', () => {
      this.#isFull = false
      listener()
    })
  }

  end(bytes: Uint8Array | string): void {
    this.write(bytes)
    const text = this.#takeChunk()
    this.#response.end(this.#isChunked ? text + LAST_CHUNK : text, 'latin1')
  }

  /** The caller sees that it was cut. */
  destroy(): void {
    this.#flush()
    this.#response.destroy()
  }

  static #flushLater(body: StreamBody): void {
    body.#flush()
  }

  #flush(): void {
    if (this.#text === '' || this.#response.destroyed) return
    const response = this.#response
    // Otherwise Node waits for the end of the turn once more.
    response.cork()
    this.#isFull = !response.write(this.#takeChunk(), 'latin1')
    response.uncork()
    if (this.#isHeadKept) this.#forgetHead()
  }

  #takeChunk(): string {
    const text = this.#text
    this.#text = ''
    return this.#isChunked && text !== '' ? text.length.toString(16) + CRLF + text + CRLF : text
  }

  #send(bytes: Buffer): void {
    const response = this.#response
    response.cork()
    if (this.#isChunked) response.write(bytes.length.toString(16) + CRLF, 'latin1')
    this.#isFull = !response.write(bytes)
    if (this.#isChunked) response.write(CRLF, 'latin1')
    response.uncork()
  }

  /**
   * Node keeps the text of the headers for as long as the response lives, a kilobyte and a half of every open stream, and once they are on their
   * way asks only whether there was one. Nothing depends on it: a Node that keeps it elsewhere costs that memory.
   */
  #forgetHead(): void {
    this.#isHeadKept = false
    Reflect.set(this.#response, '_header', 'sent')
  }
}

const toBuffer = (bytes: Uint8Array | string): Buffer =>
  typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

/** Short texts of bytes are put together and written faster than buffers. What is plain ASCII is its own. */
const toByteText = (bytes: Uint8Array | string): string =>
  typeof bytes === 'string' && Buffer.byteLength(bytes) === bytes.length ? bytes : toBuffer(bytes).toString('latin1')
