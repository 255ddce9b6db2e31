import { carriesContent, type ChatChunk } from '@atpar/core/chat'
import type { ReportedUsage } from '@atpar/core/usage'

/** Text kept of one stream, for the token count of an answer that is cut off; what lies beyond is counted by its length. */
const MAX_KEPT_CHARACTERS = 200_000

const PIECES_A_HANDFUL = 64

/** Follows one stream: what was said, what the provider reported, how it ended. */
export interface Meter {
  add(chunk: ChatChunk): void
  usage(): ReportedUsage | null
  usageIsFinal(): boolean
  hasContent(): boolean
  servedModel(): string | null
  deliveredText(): string
  /** Characters of text, thinking and tool calls so far. */
  characters(): number
  /** Events that carried any: no event is less than a token. */
  events(): number
  /** An error the provider reported inside its 200 stream. */
  inBandError(): { readonly code: string | null; readonly message: string } | null
}

export const createMeter = (): Meter => new StreamMeter()

/** A class because thousands of streams hold one each: as closures its methods took more memory than what they measure. */
class StreamMeter implements Meter {
  #usage: ReportedUsage | null = null
  #usageIsFinal = false
  #content = false
  #servedModel: string | null = null
  #text = ''
  // Joined in handfuls: a string built piece by piece is a chain of its pieces, ten times as large as what it says.
  #pieces: string[] = []
  #inBandError: { readonly code: string | null; readonly message: string } | null = null
  #characters = 0
  #events = 0

  add(chunk: ChatChunk): void {
    if (!this.#content && carriesContent(chunk)) this.#content = true
    switch (chunk.type) {
      case 'text-delta':
      case 'thinking-delta':
      case 'refusal-delta':
        this.#keep(chunk.text)
        break
      case 'tool-call-start':
        this.#keep(chunk.name)
        break
      case 'tool-call-delta':
        this.#keep(chunk.argumentsJson)
        break
      case 'usage':
        this.#usage = chunk.usage
        this.#usageIsFinal = chunk.final
        break
      case 'start':
        this.#servedModel = chunk.servedModel
        break
      case 'error':
        this.#inBandError = { code: chunk.code, message: chunk.message }
        break
      case 'thinking-signature':
      case 'finish':
        break
    }
  }

  usage(): ReportedUsage | null {
    return this.#usage
  }

  usageIsFinal(): boolean {
    return this.#usageIsFinal
  }

  hasContent(): boolean {
    return this.#content
  }

  servedModel(): string | null {
    return this.#servedModel
  }

  deliveredText(): string {
    this.#text += this.#pieces.join('')
    this.#pieces = []
    return this.#text
  }

  characters(): number {
    return this.#characters
  }

  events(): number {
    return this.#events
  }

  inBandError(): { readonly code: string | null; readonly message: string } | null {
    return this.#inBandError
  }

  #keep(piece: string): void {
    if (piece === '') return
    this.#characters += piece.length
    this.#events += 1
    if (this.#text.length >= MAX_KEPT_CHARACTERS) return
    this.#pieces.push(piece)
    if (this.#pieces.length === PIECES_A_HANDFUL) this.deliveredText()
  }
}
