import type { ChatChunk } from '@atpar/core/chat'
import { parseJsonObject, type JsonObject } from '@atpar/core/json'
import { keepChunks, keepResponse, keepTranscript, type KeptWords } from '@atpar/core/kept-content'
import { everyProviderDialect } from '@atpar/dialects/registry'
import type { ChatCall, IncomingCall } from '../call/call-context.ts'
import { createStreamFramer } from '../http/stream-framer.ts'
import type { TappedAnswer } from './tap-reply.ts'

/** So much of an answer is noted: a stream takes about ten bytes for each of its words. */
export const MOST_NOTED_BYTES = 1024 * 1024

/** Whether an answer to this has words: vectors, scores, pictures and sounds do not. */
export const answersInWords = (call: IncomingCall): boolean =>
  call.kind === 'chat' || (call.kind === 'media' && call.request.task === 'transcription')

/** What an answer said to its caller, read back from the bytes it got. Null where that is nothing. */
export const describeAnswer = (call: IncomingCall, answer: TappedAnswer): KeptWords | null => {
  if (answer.status !== 200 || answer.bytes.length === 0 || !answersInWords(call)) return null
  if (call.kind === 'chat') return answer.isStream ? readStream(call, answer) : readWhole(call, answer)
  return answer.isStream ? readHeardStream(answer) : keepTranscript(readHeard(answer.bytes.toString('utf8')))
}

const CUT: KeptWords = { messages: [], isCut: true }

/** Every format of callers is spoken by providers too, so what reads theirs reads ours. */
const readWhole = ({ dialect }: ChatCall, { bytes, isCut }: TappedAnswer): KeptWords => {
  if (isCut) return CUT
  return keepResponse(everyProviderDialect[dialect.id].decodeResponse(JSON.parse(bytes.toString('utf8')) as JsonObject))
}

const readStream = ({ dialect }: ChatCall, { bytes, isCut }: TappedAnswer): KeptWords => {
  const format = everyProviderDialect[dialect.id]
  const framer = createStreamFramer(format.framing)
  const decoder = format.openStream()
  const chunks: ChatChunk[] = []
  for (const frame of framer.push(bytes)) {
    const event = framer.read(frame)
    if (event !== null) chunks.push(...decoder.push(event))
  }
  return keepChunks(chunks, isCut)
}

/** A transcript in JSON, or as it is. */
const readHeard = (text: string): string => {
  const json = parseJsonObject(text)
  return typeof json?.text === 'string' ? json.text : text
}

const readHeardStream = ({ bytes, isCut }: TappedAnswer): KeptWords => {
  const framer = createStreamFramer('sse')
  let heard = ''
  for (const frame of framer.push(bytes)) {
    const json = parseJsonObject(framer.read(frame)?.data ?? '')
    if (json?.type === 'transcript.text.delta' && typeof json.delta === 'string') heard += json.delta
  }
  return { ...keepTranscript(heard), ...(isCut ? { isCut } : {}) }
}
