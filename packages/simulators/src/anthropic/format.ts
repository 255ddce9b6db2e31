import type { WireFormat } from '../generate/wire-format.ts'
import { writeMessage } from './answer.ts'
import { writeMessagesError, writeMessagesStreamError } from './errors.ts'
import { readMessagesRequest } from './request.ts'
import { streamMessage } from './stream.ts'

/** Anthropic's messages. */
export const anthropicMessages: WireFormat = {
  streamContentType: 'text/event-stream; charset=utf-8',
  readRequest: readMessagesRequest,
  writeAnswer: writeMessage,
  streamAnswer: streamMessage,
  writeError: writeMessagesError,
  writeStreamError: writeMessagesStreamError,
  responseHeaders: ({ requestId }) => ({
    'request-id': requestId,
    'anthropic-organization-id': '00000000-0000-4000-8000-000000000000',
    'anthropic-ratelimit-requests-limit': '4000',
    'anthropic-ratelimit-requests-remaining': '3999',
    'anthropic-ratelimit-tokens-limit': '4800000',
    'anthropic-ratelimit-tokens-remaining': '4799000',
  }),
}
