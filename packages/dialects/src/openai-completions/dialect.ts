import { AppError } from '@atpar/core/errors'
import type { JsonEdit } from '@atpar/core/json-splice'
import { GATEWAY_FIELDS, type CallerDialect, type ProviderDialect } from '../contract.ts'
import { asObject } from '../fields.ts'
import { decodeError, encodeError } from '../openai-errors.ts'
import { openCallerStream } from './caller-stream.ts'
import { decodeRequest, readFacts, readLimit } from './request.ts'
import { costEdits, decodeResponse, encodeResponse, readOutcome } from './response.ts'
import { openStream } from './stream.ts'

/** The older form of chat: a text that is gone on from. Callers may name any chat model with it; a provider is spoken to in it for models that know nothing else. */
export const openaiCompletionsCaller: CallerDialect = {
  id: 'openai-completions',
  readFacts,
  decodeRequest,
  encodeResponse,
  openStream: openCallerStream,
  encodeError,
  costEdits,
}

export const openaiCompletionsProvider: ProviderDialect = {
  id: 'openai-completions',
  path: () => '/completions',
  // Whoever is called in this format was asked in it: conversations are not put to models that hold none.
  encodeRequest: () => {
    throw new AppError('unsupported_parameter', {
      param: 'messages',
      message: 'This model holds no conversations. Call POST /v1/completions for it.',
    })
  },
  passThroughEdits: (body, { upstreamModel, clampOutputTokens }) => {
    const edits: JsonEdit[] = []
    if (body.model !== upstreamModel) edits.push({ path: ['model'], value: JSON.stringify(upstreamModel) })
    for (const field of GATEWAY_FIELDS) if (body[field] !== undefined) edits.push({ path: [field], remove: true })
    if (body.stream === true && asObject(body.stream_options)?.include_usage !== true)
      edits.push({ path: ['stream_options', 'include_usage'], value: 'true' })
    if (clampOutputTokens !== null)
      edits.push({ path: ['max_tokens'], value: String(Math.min(readLimit(body), clampOutputTokens)) })
    return edits
  },
  decodeResponse,
  readOutcome,
  framing: 'sse',
  openStream,
  decodeError,
}
