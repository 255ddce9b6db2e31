import { Refusal } from '../refusal.ts'
import { createFindResponsesRoute } from '../openai-responses/routes.ts'
import type { Exchange } from '../service/context.ts'
import type { FindRoute } from '../service/route.ts'
import type { MediaTarget } from '../service/serve-media.ts'
import { readEmbeddings, readModeration } from './embeddings.ts'
import { openaiCompletions } from './completions.ts'
import { openaiChat } from './format.ts'
import { readImageEdit, readImageGeneration } from './images.ts'
import { readSpeech } from './speech.ts'
import { readTranscription } from './transcription.ts'

/** Keys that begin so are refused, for tests of rejected credentials. */
const REFUSED_KEY = 'invalid'

/** Authorization: Bearer. */
function checkBearer({ request, provider }: Exchange): void {
  if (!provider.needsKey) return
  const key = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (key === undefined) {
    throw new Refusal(401, "You didn't provide an API key. It belongs in the Authorization header, as Bearer.", {
      code: 'missing_api_key',
    })
  }
  if (key.startsWith(REFUSED_KEY)) throw new Refusal(401, 'Incorrect API key provided.', { code: 'invalid_api_key' })
}

const MEDIA: Readonly<Record<string, MediaTarget['read']>> = {
  '/images/generations': readImageGeneration,
  '/images/edits': readImageEdit,
  '/embeddings': readEmbeddings,
  '/moderations': readModeration,
  '/audio/speech': readSpeech,
  '/audio/transcriptions': readTranscription('transcribe'),
  '/audio/translations': readTranscription('translate'),
}

const findResponsesRoute = createFindResponsesRoute(checkBearer)

export const findOpenaiRoute: FindRoute = (place) => {
  const { method, path, provider } = place
  if (path.startsWith('/responses')) return findResponsesRoute(place)
  if (method === 'POST' && path === '/chat/completions') {
    return { kind: 'generate', format: openaiChat, model: null, streamed: false, checkKey: checkBearer }
  }
  if (method === 'POST' && path === '/completions')
    return { kind: 'generate', format: openaiCompletions, model: null, streamed: false, checkKey: checkBearer }
  const media = method === 'POST' ? MEDIA[path] : undefined
  if (media !== undefined) return { kind: 'media', errors: openaiChat, checkKey: checkBearer, read: media }
  if (method !== 'GET' || !path.startsWith('/models')) return undefined
  const describe = (id: string) => ({ id, object: 'model', created: 1_750_000_000, owned_by: provider.id })
  if (path === '/models') {
    return {
      kind: 'document',
      checkKey: checkBearer,
      write: () => ({ object: 'list', data: provider.models.map(describe) }),
    }
  }
  return {
    kind: 'document',
    checkKey: checkBearer,
    write: () => {
      const id = decodeURIComponent(path.slice('/models/'.length))
      if (id.startsWith('missing-'))
        throw new Refusal(404, `The model '${id}' does not exist`, { param: 'model', code: 'model_not_found' })
      return describe(id)
    },
  }
}
