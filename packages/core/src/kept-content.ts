import type { ChatChunk, ChatRequest, ChatResponse, ContentPart, Role } from './chat.ts'

/** What is kept of one request and its answer where an organization wants it kept: words, never the bytes of a picture or a sound. */
export type KeptPart =
  | { readonly type: 'text' | 'thinking' | 'refusal'; readonly text: string }
  /** `text`: the arguments as the model wrote them. */
  | { readonly type: 'tool-call'; readonly name: string; readonly text: string }
  | { readonly type: 'tool-result'; readonly name: string | null; readonly text: string }
  /** Stands where a picture, a sound or a file was. */
  | { readonly type: 'media'; readonly kind: 'image' | 'audio' | 'file'; readonly mediaType: string | null }

export interface KeptMessage {
  readonly role: Role
  readonly parts: readonly KeptPart[]
}

/** `isCut`: more was said than is kept. Of a request the oldest messages are missing, of an answer its end. */
export interface KeptWords {
  readonly messages: readonly KeptMessage[]
  readonly isCut: boolean
}

/** `answer` is null where there was none, or none in words. */
export interface KeptContent {
  readonly request: KeptWords
  readonly answer: KeptWords | null
}

/** Kept of a request, and as much again of its answer. */
export const MOST_KEPT_CHARACTERS = 64 * 1024
/** So that ten thousand empty messages are not kept for free. */
const PART_CHARACTERS = 32

/** Half of a pair of surrogates is no text. */
const cutText = (text: string, characters: number): string => {
  const end = Math.max(0, characters)
  const last = text.charCodeAt(end - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end)
}

const lengthOf = (kept: KeptPart): number =>
  PART_CHARACTERS + (kept.type === 'media' ? 0 : kept.text.length) + ('name' in kept ? (kept.name?.length ?? 0) : 0)

interface Room {
  characters: number
}

/** As much of a message as there is room for; null when there is none at all. */
const fit = (
  { role, parts }: KeptMessage,
  room: Room,
): { readonly message: KeptMessage; readonly isCut: boolean } | null => {
  const kept: KeptPart[] = []
  for (const each of parts) {
    const length = lengthOf(each)
    if (length <= room.characters) {
      kept.push(each)
      room.characters -= length
      continue
    }
    const left = room.characters - (length - (each.type === 'media' ? 0 : each.text.length))
    if (each.type !== 'media' && left > 0) kept.push({ ...each, text: cutText(each.text, left) })
    room.characters = 0
    return kept.length === 0 ? null : { message: { role, parts: kept }, isCut: true }
  }
  return { message: { role, parts: kept }, isCut: false }
}

/** The newest messages, since each is answered to with the ones before it in mind and repeated by the next request. */
const keepNewest = (messages: readonly KeptMessage[]): KeptWords => {
  const { messages: kept, isCut } = keepFirst(messages.toReversed())
  return { messages: kept.toReversed(), isCut }
}

const keepFirst = (messages: readonly KeptMessage[], wasCut = false): KeptWords => {
  const room: Room = { characters: MOST_KEPT_CHARACTERS }
  const kept: KeptMessage[] = []
  for (const each of messages) {
    const fitting = fit(each, room)
    if (fitting !== null) kept.push(fitting.message)
    if (fitting === null || fitting.isCut) return { messages: kept, isCut: true }
  }
  return { messages: kept, isCut: wasCut }
}

const describePart = (given: ContentPart): KeptPart => {
  switch (given.type) {
    case 'text':
    case 'refusal':
      return { type: given.type, text: given.text }
    case 'thinking':
      // Redacted thinking is bytes that only its provider can read.
      return { type: 'thinking', text: given.redacted === true ? '' : given.text }
    case 'tool-call':
      return { type: 'tool-call', name: given.name, text: given.argumentsJson }
    case 'tool-result':
      return { type: 'tool-result', name: given.toolName, text: textOfResult(given.content) }
    case 'image':
    case 'audio':
    case 'file':
      return { type: 'media', kind: given.type, mediaType: given.source.mediaType }
  }
}

const textOfResult = (content: readonly ContentPart[]): string =>
  content
    .map((each) =>
      each.type === 'text' || each.type === 'refusal'
        ? each.text
        : each.type === 'image' || each.type === 'audio' || each.type === 'file'
          ? `[${each.type}]`
          : '',
    )
    .join('')

const describeMessage = ({
  role,
  content,
}: {
  readonly role: Role
  readonly content: readonly ContentPart[]
}): KeptMessage => ({
  role,
  parts: content.map(describePart),
})

/** A conversation as it was sent. */
export const keepRequest = ({ messages }: Pick<ChatRequest, 'messages'>): KeptWords =>
  keepNewest(messages.map(describeMessage))

/** Texts that are no conversation: what was to be embedded, drawn, spoken. */
export const keepTexts = (texts: readonly string[]): KeptWords =>
  keepFirst([{ role: 'user', parts: texts.map((text) => ({ type: 'text', text })) }], false)

/** A whole answer. */
export const keepResponse = ({ choices }: Pick<ChatResponse, 'choices'>): KeptWords =>
  keepFirst(choices.map(({ content }) => describeMessage({ role: 'assistant', content })))

/** An answer in words that is no chat: what was heard in a recording. */
export const keepTranscript = (text: string): KeptWords =>
  keepFirst([{ role: 'assistant', parts: [{ type: 'text', text }] }])

const PART_OF = { 'text-delta': 'text', 'thinking-delta': 'thinking', 'refusal-delta': 'refusal' } as const

/** One answer while it is put together. */
interface Growing {
  readonly parts: ({ readonly type: 'text' | 'thinking' | 'refusal'; text: string } | GrowingCall)[]
  readonly calls: Map<number, GrowingCall>
}

interface GrowingCall {
  readonly type: 'tool-call'
  readonly name: string
  text: string
}

/** A streamed answer from its chunks in their order. `wasCut`: the chunks are not all there were. */
export const keepChunks = (chunks: readonly ChatChunk[], wasCut: boolean): KeptWords => {
  const choices = new Map<number, Growing>()
  const choiceOf = (index: number): Growing => {
    const known = choices.get(index)
    if (known !== undefined) return known
    const made: Growing = { parts: [], calls: new Map() }
    choices.set(index, made)
    return made
  }
  for (const chunk of chunks)
    switch (chunk.type) {
      case 'text-delta':
      case 'thinking-delta':
      case 'refusal-delta': {
        const { parts } = choiceOf(chunk.index)
        const last = parts.at(-1)
        const type = PART_OF[chunk.type]
        if (last?.type === type) last.text += chunk.text
        else if (chunk.text !== '') parts.push({ type, text: chunk.text })
        break
      }
      case 'tool-call-start': {
        const { parts, calls } = choiceOf(chunk.index)
        const call: GrowingCall = { type: 'tool-call', name: chunk.name, text: '' }
        calls.set(chunk.callIndex, call)
        parts.push(call)
        break
      }
      case 'tool-call-delta': {
        const call = choiceOf(chunk.index).calls.get(chunk.callIndex)
        if (call !== undefined) call.text += chunk.argumentsJson
        break
      }
      case 'start':
      case 'thinking-signature':
      case 'finish':
      case 'usage':
      case 'error':
        break
    }
  return keepFirst(
    [...choices].toSorted(([a], [b]) => a - b).map(([, { parts }]) => ({ role: 'assistant', parts })),
    wasCut,
  )
}
