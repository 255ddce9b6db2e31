import { keepTexts, type KeptWords } from '@atpar/core/kept-content'
import type { MediaRequest } from '@atpar/dialects/media-contract'
import type { IncomingCall } from '../call/call-context.ts'
import type { LargeBodies } from '../large/large-bodies.ts'
import { wordsOfRequest } from './words-of-request.ts'

/** What a request said, as it went on after its guardrails. A large one is read in the thread where it was parsed. */
export const describeRequest = async (
  call: IncomingCall,
  largeBodies: Pick<LargeBodies, 'keep'>,
): Promise<KeptWords> => {
  switch (call.kind) {
    case 'chat':
    case 'task':
      return call.large === null
        ? wordsOfRequest(call.dialect.id, call.json)
        : largeBodies.keep({ ...call.large, dialect: call.dialect.id })
    case 'media':
      return keepTexts(textsOfMedia(call.request))
    case 'realtime':
      throw new TypeError('what is said in a conversation in sound does not come this way')
  }
}

const textsOfMedia = (request: MediaRequest): readonly string[] => {
  switch (request.task) {
    case 'image':
      return [request.prompt]
    case 'speech':
      return request.instructions === null ? [request.text] : [request.instructions, request.text]
    case 'transcription':
      return request.prompt === null ? [] : [request.prompt]
  }
}
