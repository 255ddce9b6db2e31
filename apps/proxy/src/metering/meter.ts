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

export const createMeter = (): Meter => {
  let usage: ReportedUsage | null = null
  let usageIsFinal = false
  let content = false
  let servedModel: string | null = null
  let text = ''
  // Joined in handfuls: a string built piece by piece is a chain of its pieces, ten times as large as what it says.
  let pieces: string[] = []
  let inBandError: { readonly code: string | null; readonly message: string } | null = null
  let characters = 0
  let events = 0
  const keep = (piece: string): void => {
    if (piece === '') return
    characters += piece.length
    events += 1
    if (text.length >= MAX_KEPT_CHARACTERS) return
    pieces.push(piece)
    if (pieces.length === PIECES_A_HANDFUL) gather()
  }
  const gather = (): string => {
    text += pieces.join('')
    pieces = []
    return text
  }
  return {
    add: (chunk) => {
      if (!content && carriesContent(chunk)) content = true
      switch (chunk.type) {
        case 'text-delta':
        case 'thinking-delta':
        case 'refusal-delta':
          keep(chunk.text)
          break
        case 'tool-call-start':
          keep(chunk.name)
          break
        case 'tool-call-delta':
          keep(chunk.argumentsJson)
          break
        case 'usage':
          usage = chunk.usage
          usageIsFinal = chunk.final
          break
        case 'start':
          servedModel = chunk.servedModel
          break
        case 'error':
          inBandError = { code: chunk.code, message: chunk.message }
          break
        case 'thinking-signature':
        case 'finish':
          break
      }
    },
    usage: () => usage,
    usageIsFinal: () => usageIsFinal,
    hasContent: () => content,
    servedModel: () => servedModel,
    deliveredText: gather,
    characters: () => characters,
    events: () => events,
    inBandError: () => inBandError,
  }
}
