import type { WireFormat } from '../generate/wire-format.ts'
import { writeChatAnswer } from './answer.ts'
import { writeChatError, writeChatStreamError } from './errors.ts'
import { readChatRequest } from './request.ts'
import { streamChatAnswer } from './stream.ts'

/** OpenAI's chat.completions, as OpenAI and its many followers speak it. */
export const openaiChat: WireFormat = {
  streamContentType: 'text/event-stream; charset=utf-8',
  readRequest: readChatRequest,
  writeAnswer: writeChatAnswer,
  streamAnswer: streamChatAnswer,
  writeError: writeChatError,
  writeStreamError: writeChatStreamError,
  responseHeaders: ({ provider, requestId, durationMs }) => {
    switch (provider.id) {
      case 'openai':
        return {
          'x-request-id': requestId,
          'openai-processing-ms': String(durationMs),
          'openai-version': '2020-10-01',
          'openai-organization': 'simulated',
          'x-ratelimit-limit-requests': '10000',
          'x-ratelimit-remaining-requests': '9999',
          'x-ratelimit-limit-tokens': '30000000',
          'x-ratelimit-remaining-tokens': '29999000',
          'x-ratelimit-reset-requests': '6ms',
          'x-ratelimit-reset-tokens': '2ms',
        }
      case 'ollama':
        return {}
      case 'deepseek':
        return { 'x-ds-trace-id': requestId }
      case 'anthropic':
      case 'gemini':
      case 'dashscope':
      case 'groq':
      case 'elevenlabs':
      case 'deepgram':
      case 'bedrock':
      case 'vertex':
      case 'vertex-anthropic':
        return { 'x-request-id': requestId }
      case 'azure-openai':
        return { 'x-request-id': requestId, 'apim-request-id': requestId }
      case 'cohere':
      case 'voyage':
      case 'jina':
      case 'custom':
        return { 'x-request-id': requestId }
    }
  },
}
