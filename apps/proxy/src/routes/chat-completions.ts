import type { Deps } from '../deps.ts'
import { infer, type RouteRequest } from './infer.ts'

/** `POST /v1/chat/completions`, OpenAI's format. */
export const chatCompletions = (deps: Deps, request: RouteRequest): Promise<void> =>
  infer(deps, { kind: 'chat', endpoint: 'chat.completions', dialect: deps.dialects['openai-chat'] }, request)
