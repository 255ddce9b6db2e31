import type { WireFormat } from '../generate/wire-format.ts'
import { writeCohereAnswer } from './chat-answer.ts'
import { readCohereChat } from './chat-request.ts'
import { streamCohereAnswer, writeEvent } from './chat-stream.ts'

/** Cohere's chat, version 2. */
export const cohereChat: WireFormat = {
  streamContentType: 'text/event-stream',
  readRequest: readCohereChat,
  writeAnswer: writeCohereAnswer,
  streamAnswer: streamCohereAnswer,
  writeError: (refusal, { requestId }) => JSON.stringify({ id: requestId, message: refusal.message }),
  writeStreamError: (refusal) =>
    writeEvent('message-end', { delta: { finish_reason: 'ERROR', error: refusal.message } }),
  responseHeaders: ({ requestId }) => ({ 'x-request-id': requestId }),
}
