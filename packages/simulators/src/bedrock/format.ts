import type { WireFormat } from '../generate/wire-format.ts'
import { writeConverseAnswer } from './answer.ts'
import { writeConverseError, writeConverseStreamError } from './errors.ts'
import { readConverseRequest } from './request.ts'
import { streamConverseAnswer } from './stream.ts'

/** Amazon Bedrock's Converse. */
export const bedrockConverse: WireFormat = {
  streamContentType: 'application/vnd.amazon.eventstream',
  readRequest: readConverseRequest,
  writeAnswer: writeConverseAnswer,
  streamAnswer: streamConverseAnswer,
  writeError: writeConverseError,
  writeStreamError: writeConverseStreamError,
  responseHeaders: ({ requestId }) => ({ 'x-amzn-requestid': requestId }),
}
