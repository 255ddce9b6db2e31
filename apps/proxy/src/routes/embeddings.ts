import type { Deps } from '../deps.ts'
import { infer, type RouteRequest } from './infer.ts'

/** `POST /v1/embeddings`, OpenAI's format. */
export const embeddings = (deps: Deps, request: RouteRequest): Promise<void> =>
  infer(deps, { kind: 'task', endpoint: 'embeddings', dialect: deps.formats['openai-embeddings'] }, request)
