import type { JsonObject } from '@atpar/core/json'
import type { CallerDialectId } from '@atpar/dialects/contract'

export interface ToolSpec {
  readonly name: string
  readonly parameters: JsonObject
}

/** What a cell asks, before any format. */
export interface Question {
  readonly prompt: string
  readonly tools?: readonly ToolSpec[]
  /** A picture beside the words, PNG in base64. */
  readonly pictureBase64?: string
  /** The answer has to be JSON of this schema. */
  readonly schema?: JsonObject
  readonly thinks?: boolean
  /** A long system text that the caller marks as worth caching, where its format has a mark. */
  readonly system?: string
}

export interface SeenCall {
  /** Null where the format lets a call go without. */
  readonly id: string | null
  readonly name: string
  readonly args: unknown
}

/** Tokens with everything in it that a provider counts as input or output, whatever the format leaves out of its own names. */
export interface SeenUsage {
  readonly input: number
  readonly cached: number
  readonly output: number
}

/** An answer as a client of the format reads it. */
export interface Seen {
  readonly text: string
  readonly thinking: string
  readonly calls: readonly SeenCall[]
  readonly finish: 'stop' | 'tools' | 'length' | 'other' | null
  readonly usage: SeenUsage | null
  /** The code of an error in the answer, streamed ones included. */
  readonly errorCode: string | null
  /** A stream said in its own words that it is over. */
  readonly ended: boolean
}

/** The least a client of one format knows: how to ask, how to read, how to go on. Written from the provider's documentation, not from our dialects. */
export interface Speaker {
  readonly id: CallerDialectId
  /** What the docs call the format. */
  readonly title: string
  path(model: string, stream: boolean): string
  headers(key: string): Readonly<Record<string, string>>
  ask(question: Question, target: { readonly model: string; readonly stream: boolean }): JsonObject
  /** The same conversation with the answer as it came and a result for each call. */
  goOn(asked: JsonObject, answer: JsonObject, result: (call: SeenCall) => string): JsonObject
  readWhole(answer: JsonObject): Seen
  readStream(events: readonly ServerEvent[]): Seen
}

export interface ServerEvent {
  readonly event: string | null
  readonly data: string
}

export const NOTHING_SEEN: Seen = {
  text: '',
  thinking: '',
  calls: [],
  finish: null,
  usage: null,
  errorCode: null,
  ended: false,
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation, of a whole text. */
export const readServerEvents = (text: string): readonly ServerEvent[] =>
  text.split(/\r?\n\r?\n/).flatMap((block) => {
    const lines = block.split(/\r?\n/)
    const valuesOf = (field: string): readonly string[] =>
      lines.flatMap((line) => (line.startsWith(`${field}:`) ? [line.slice(field.length + 1).replace(/^ /, '')] : []))
    const data = valuesOf('data')
    return data.length === 0 ? [] : [{ event: valuesOf('event').at(-1) ?? null, data: data.join('\n') }]
  })

export const asRecord = (value: unknown): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}

export const asRecords = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.map(asRecord) : [])

export const asString = (value: unknown): string => (typeof value === 'string' ? value : '')

export const asNumber = (value: unknown): number => (typeof value === 'number' ? value : 0)

/** A value that is not JSON reads as itself, so that a cell can say what came. */
export const parseLoosely = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
