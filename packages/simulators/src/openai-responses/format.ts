import type { WireFormat } from '../generate/wire-format.ts'
import { writeChatError } from '../openai/errors.ts'
import { openaiChat } from '../openai/format.ts'
import { keepResponse, writeResponsesAnswer } from './answer.ts'
import { isGoingOn, readResponsesRequest, recallConversation } from './request.ts'
import { streamResponsesAnswer } from './stream.ts'

/** OpenAI's responses. */
export const openaiResponses: WireFormat = {
  ...openaiChat,
  readRequest: readResponsesRequest,
  writeAnswer: writeResponsesAnswer,
  streamAnswer: streamResponsesAnswer,
  writeStreamError: (refusal) => {
    const { error } = JSON.parse(writeChatError(refusal)) as { error: Record<string, unknown> }
    return `event: error\ndata: ${JSON.stringify({ type: 'error', sequence_number: 0, ...error })}\n\n`
  },
  conversations: { isGoingOn, recall: recallConversation, keep: keepResponse },
}
