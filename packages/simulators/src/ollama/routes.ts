import { findOpenaiRoute } from '../openai/routes.ts'
import type { FindRoute, Route } from '../service/route.ts'
import { ollamaChat, ollamaGenerate } from './format.ts'

/** A local model asks nobody for a key. */
const checkKey = () => undefined

/** Ollama's own paths, and OpenAI's below /v1. */
export const findOllamaRoute: FindRoute = (place) => {
  if (place.path.startsWith('/v1/')) return findOpenaiRoute({ ...place, path: place.path.slice('/v1'.length) })
  switch (`${place.method} ${place.path}`) {
    case 'POST /api/chat':
      return { kind: 'generate', format: ollamaChat, model: null, streamed: true, checkKey }
    case 'POST /api/generate':
      return { kind: 'generate', format: ollamaGenerate, model: null, streamed: true, checkKey }
    case 'GET /api/tags':
      return document(() => ({ models: place.provider.models.map(describe) }))
    case 'GET /api/version':
      return document(() => ({ version: '0.12.6' }))
    default:
      return undefined
  }
}

function document(write: () => unknown): Route {
  return { kind: 'document', checkKey, write }
}

function describe(name: string) {
  return {
    name,
    model: name,
    modified_at: '2026-01-01T00:00:00Z',
    size: 4_683_087_332,
    digest: 'a80c4f17acd55265feec403c7aef86be0c25983ab279d83f3bcd3abbcb5b8b72',
    details: {
      parent_model: '',
      format: 'gguf',
      family: name.split(/[\d.:]/)[0] ?? name,
      families: null,
      parameter_size: '8B',
      quantization_level: 'Q4_K_M',
    },
  }
}
