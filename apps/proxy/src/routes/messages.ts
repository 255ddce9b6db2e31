import type { Deps } from '../deps.ts'
import { infer, type RouteRequest } from './infer.ts'

/** `POST /v1/messages`, Anthropic's format. */
export const messages = (deps: Deps, request: RouteRequest): Promise<void> =>
  infer(deps, { kind: 'chat', endpoint: 'messages', dialect: deps.dialects['anthropic-messages'] }, request)
