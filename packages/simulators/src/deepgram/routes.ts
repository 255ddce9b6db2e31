import { writeProse } from '../generate/prose.ts'
import { createRandom } from '../generate/random.ts'
import { measureSeconds } from '../media/sounds.ts'
import { Refusal } from '../refusal.ts'
import type { Exchange } from '../service/context.ts'
import type { FindRoute } from '../service/route.ts'
import type { MediaTarget } from '../service/serve-media.ts'

/** Deepgram's errors: `{err_code, err_msg, request_id}`. */
export const deepgramErrors: MediaTarget['errors'] = {
  writeError: (refusal, { requestId }) =>
    JSON.stringify({
      err_code: refusal.status === 401 ? 'INVALID_AUTH' : 'Bad Request',
      err_msg: refusal.message,
      request_id: requestId,
    }),
  responseHeaders: ({ requestId }) => ({ 'dg-request-id': requestId }),
}

function checkKey({ request }: Exchange): void {
  const key = /^Token (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (key === undefined || key.startsWith('invalid')) throw new Refusal(401, 'Invalid credentials.')
}

const KNOWN = new Set(
  'model language detect_language smart_format punctuate utterances paragraphs diarize keyterm keywords numerals profanity_filter filler_words tag'.split(
    ' ',
  ),
)
const WORDS_PER_SECOND = 2

/** POST /v1/listen: the sound as the body, everything else in the query. The duration is what it bills. */
export const findDeepgramRoute: FindRoute = ({ method, path, query, provider }) => {
  if (method === 'GET' && path === '/projects') return { kind: 'document', checkKey, write: () => ({ projects: [] }) }
  if (method !== 'POST' || path !== '/listen') return undefined
  return {
    kind: 'media',
    errors: deepgramErrors,
    checkKey,
    read: ({ body, requestId, startedAt }) => {
      const stranger = [...query.keys()].find((name) => !KNOWN.has(name))
      if (stranger !== undefined) throw new Refusal(400, `Unknown query parameter ${stranger}.`)
      if (body.length === 0) throw new Refusal(400, 'No audio was sent.')
      const model = query.get('model') ?? provider.models[0] ?? ''
      const seconds = measureSeconds(body)
      const words = writeProse(createRandom(body.length), Math.max(1, Math.ceil(seconds * WORDS_PER_SECOND)))
      const transcript = words.join('')
      const step = seconds / words.length
      const timed = words.map((word, index) => ({
        word: word.trim().toLowerCase(),
        punctuated_word: word.trim(),
        start: index * step,
        end: (index + 1) * step,
        confidence: 0.99,
      }))
      return {
        model,
        words: '',
        streamed: false,
        makeAnswer: () => ({
          contentType: 'application/json',
          pieces: [
            JSON.stringify({
              metadata: {
                request_id: requestId,
                created: startedAt.toISOString(),
                duration: seconds,
                channels: 1,
                models: ['one'],
                model_info: { one: { name: model, version: '2026-01-01', arch: model } },
              },
              results: {
                channels: [{ alternatives: [{ transcript, confidence: 0.99, words: timed }] }],
                ...(query.get('utterances') === 'true'
                  ? { utterances: [{ start: 0, end: seconds, confidence: 0.99, channel: 0, transcript, words: timed }] }
                  : {}),
              },
            }),
          ],
          usage: { seconds: Math.floor(seconds) },
          tellsUsage: true,
        }),
      }
    },
  }
}
