import { countPromptTokens } from '../generate/tokens.ts'
import { Refusal } from '../refusal.ts'
import type { Exchange } from '../service/context.ts'
import { parseJson } from '../service/parse-json.ts'
import type { FindRoute } from '../service/route.ts'
import { readEmbedding } from './embeddings.ts'
import { readDrawing, readPrediction } from './images.ts'
import { geminiGenerate, geminiGenerateArray } from './format.ts'
import { readPromptOnly } from './request.ts'

/**
 * x-goog-api-key. A call without a key is 403 and one with a wrong key 400, as at Google; a gateway that takes every
 * 400 for the caller's fault must learn that here.
 */
function checkKey({ request }: Exchange): void {
  const key = request.headers['x-goog-api-key']
  if (typeof key !== 'string' || key === '') {
    throw new Refusal(
      403,
      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
    )
  }
  if (key.startsWith('invalid'))
    throw new Refusal(400, 'API key not valid. Please pass a valid API key.', { code: 'API_KEY_INVALID' })
}

const describe = (id: string) => ({
  name: `models/${id}`,
  version: '001',
  displayName: id,
  inputTokenLimit: 1_048_576,
  outputTokenLimit: 65_536,
  supportedGenerationMethods: ['generateContent', 'countTokens'],
})

export const findGeminiRoute: FindRoute = ({ method, path, query, provider }) => {
  if (method === 'GET' && path === '/models') {
    return { kind: 'document', checkKey, write: () => ({ models: provider.models.map(describe) }) }
  }
  const [, model, action] = /^\/models\/([^:]+):(\w+)$/.exec(path) ?? []
  if (method !== 'POST' || model === undefined || action === undefined) return undefined
  const name = decodeURIComponent(model)
  if (action === 'generateContent' || action === 'streamGenerateContent')
    if (name.includes('-image'))
      return {
        kind: 'media',
        errors: geminiGenerate,
        checkKey,
        read: readDrawing(name, action === 'streamGenerateContent'),
      }
  switch (action) {
    case 'embedContent':
    case 'batchEmbedContents':
      return { kind: 'media', errors: geminiGenerate, checkKey, read: readEmbedding(name, action !== 'embedContent') }
    case 'predict':
      return { kind: 'media', errors: geminiGenerate, checkKey, read: readPrediction(name) }
    case 'generateContent':
      return { kind: 'generate', format: geminiGenerate, model: name, streamed: false, checkKey }
    case 'streamGenerateContent': {
      const format = query.get('alt') === 'sse' ? geminiGenerate : geminiGenerateArray
      return { kind: 'generate', format, model: name, streamed: true, checkKey }
    }
    case 'countTokens':
      return {
        kind: 'document',
        checkKey,
        write: ({ body }) => {
          const totalTokens = countPromptTokens(readPromptOnly(parseJson(body.toString())))
          return { totalTokens, promptTokensDetails: [{ modality: 'TEXT', tokenCount: totalTokens }] }
        },
      }
    default:
      return undefined
  }
}
