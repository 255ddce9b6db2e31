/** Beyond this a body, or an answer to a task, is not parsed on the event loop: `large/` does it. */
export const LARGE_BODY_BYTES = 1024 * 1024

/**
 * Pieces as one buffer: small ones are put together when it is taken, a large one as it arrives and in memory that threads share. Putting 20 MB
 * together at their end would hold the event loop for as many milliseconds, and need the memory twice. A class, because one lives with every open
 * stream and its functions would weigh more than what it holds.
 */
export class GrowingBuffer {
  readonly #expectedBytes: number
  #pieces: Buffer[] = []
  #large: Buffer | null = null
  #size = 0

  /** `expectedBytes`: 0 when nobody said; what is said is taken as a hint. */
  constructor(expectedBytes: number) {
    this.#expectedBytes = expectedBytes
  }

  add(piece: Buffer): void {
    const end = this.#size + piece.length
    if (end <= LARGE_BODY_BYTES) this.#pieces.push(piece)
    else piece.copy(this.#roomFor(end), this.#size)
    this.#size = end
  }

  /** Once. */
  take(): Buffer {
    const whole = this.#large?.subarray(0, this.#size) ?? Buffer.concat(this.#pieces, this.#size)
    this.#pieces = NO_PIECES
    this.#large = null
    return whole
  }

  #roomFor(end: number): Buffer {
    const known = this.#large
    if (known !== null && end <= known.length) return known
    const larger = allocate(known === null ? Math.max(this.#expectedBytes, 2 * end) : 2 * end)
    let at = known?.copy(larger, 0, 0, this.#size) ?? 0
    for (const piece of this.#pieces) at += piece.copy(larger, at)
    this.#pieces = NO_PIECES
    this.#large = larger
    return larger
  }
}

const NO_PIECES: Buffer[] = []

/** The system gives its pages when they are written to: room that is not needed costs nothing. */
const allocate = (bytes: number): Buffer => Buffer.from(new SharedArrayBuffer(bytes))
