import type { WireFormat } from '../generate/wire-format.ts'
import { writeOllamaAnswer, type OllamaShape } from './answer.ts'
import { writeOllamaError, writeOllamaStreamError } from './errors.ts'
import { readChatRequest, readGenerateRequest } from './request.ts'
import { streamOllamaAnswer } from './stream.ts'

function createFormat(shape: OllamaShape): WireFormat {
  return {
    streamContentType: 'application/x-ndjson',
    readRequest: shape === 'chat' ? readChatRequest : readGenerateRequest,
    writeAnswer: writeOllamaAnswer(shape),
    streamAnswer: streamOllamaAnswer(shape),
    writeError: writeOllamaError,
    writeStreamError: writeOllamaStreamError,
    responseHeaders: () => ({}),
  }
}

/** Ollama's own /api/chat. */
export const ollamaChat = createFormat('chat')
/** Ollama's own /api/generate. */
export const ollamaGenerate = createFormat('generate')
