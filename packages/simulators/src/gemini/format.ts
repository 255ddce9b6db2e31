import type { WireFormat } from '../generate/wire-format.ts'
import { writeGenerateAnswer } from './answer.ts'
import { writeGenerateArrayError, writeGenerateError, writeGenerateStreamError } from './errors.ts'
import { readGenerateRequest } from './request.ts'
import { streamGenerateArray, streamGenerateEvents } from './stream.ts'

/** Gemini's generateContent and, with `alt=sse`, streamGenerateContent. */
export const geminiGenerate: WireFormat = {
  streamContentType: 'text/event-stream',
  readRequest: readGenerateRequest,
  writeAnswer: writeGenerateAnswer,
  streamAnswer: streamGenerateEvents,
  writeError: writeGenerateError,
  writeStreamError: writeGenerateStreamError,
  // Gemini's request id is `responseId` in the body; no header carries one.
  responseHeaders: ({ durationMs }) => ({ 'server-timing': `gfet4t7; dur=${durationMs}` }),
}

/** streamGenerateContent without `alt=sse`. */
export const geminiGenerateArray: WireFormat = {
  ...geminiGenerate,
  streamContentType: 'application/json; charset=UTF-8',
  streamAnswer: streamGenerateArray,
  writeStreamError: writeGenerateArrayError,
}
