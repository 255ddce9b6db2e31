import type { IncomingMessage } from 'node:http'
import type { Caller } from '@atpar/core/caller'
import { AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'
import { findProvider } from '@atpar/providers/registry'
import { identify } from '../call/authenticate.ts'
import type { Deps } from '../deps.ts'
import { readKeyText } from '../http/key-text.ts'
import { peerOf } from '../http/networks.ts'
import { pageForAnthropic, toAnthropicModel } from '../models/anthropic-shape.ts'
import { toEndpoints } from '../models/endpoints-shape.ts'
import { pageForGemini, toGeminiModel, withoutPrefix } from '../models/gemini-shape.ts'
import { viewModels, viewNamed, type ModelView } from '../models/model-view.ts'
import { toOpenAiModel } from '../models/openai-shape.ts'
import type { RouteRequest } from './infer.ts'

/** Whose list it is: the path says so for Google's clients, a header for Google's and Anthropic's. */
type Shape = 'openai' | 'anthropic' | 'gemini'

const shapeOf = ({ headers, url = '' }: IncomingMessage): Shape => {
  if (url.startsWith('/v1beta/')) return 'gemini'
  if (headers['anthropic-version'] !== undefined) return 'anthropic'
  return headers['x-goog-api-key'] === undefined ? 'openai' : 'gemini'
}

/**
 * `GET /v1/models` and `GET /v1beta/models` in the caller's own shape, with prices as decimal text. What this installation has no credential for is
 * listed too, with `available: false`; `?available=true` leaves it out.
 */
export const listModels = async (deps: Deps, { request, reply }: RouteRequest): Promise<void> => {
  const caller = await requireKey(deps, request)
  const query = new URLSearchParams((request.url ?? '').split('?')[1] ?? '')
  const all = await viewModels(deps, caller)
  const views = query.get('available') === 'true' ? all.filter(({ available }) => available) : all
  sendJson(reply, listBody(shapeOf(request), views, query))
}

const listBody = (shape: Shape, views: readonly ModelView[], query: URLSearchParams): JsonObject => {
  switch (shape) {
    case 'openai':
      return { object: 'list', data: views.map(toOpenAiModel) }
    case 'anthropic': {
      const page = pageForAnthropic(views, query)
      return {
        data: page.views.map(toAnthropicModel),
        has_more: page.hasMore,
        first_id: page.views[0]?.model.id ?? null,
        last_id: page.views.at(-1)?.model.id ?? null,
      }
    }
    case 'gemini': {
      const page = pageForGemini(views, query)
      return { models: page.views.map(toGeminiModel), ...(page.next === null ? {} : { nextPageToken: page.next }) }
    }
  }
}

/** One model by id, alias or the id of one of its offerings. */
export const showModel = async (deps: Deps, { request, reply }: RouteRequest, name: string): Promise<void> => {
  const shape = shapeOf(request)
  const view = await requireModel(deps, request, shape === 'gemini' ? withoutPrefix(name) : name)
  const describe = { openai: toOpenAiModel, anthropic: toAnthropicModel, gemini: toGeminiModel }[shape]
  sendJson(reply, describe(view))
}

/** `GET /v1/models/{id}/endpoints`: its offerings side by side, with how they served lately. */
export const listEndpoints = async (deps: Deps, { request, reply }: RouteRequest, name: string): Promise<void> => {
  const view = await requireModel(deps, request, name)
  const nameOf = (providerId: string): string => findProvider(providerId)?.displayName ?? providerId
  sendJson(reply, toEndpoints(view, { recent: deps.recent, nameOf }))
}

const requireModel = async (deps: Deps, request: IncomingMessage, name: string): Promise<ModelView> => {
  const view = await viewNamed(deps, await requireKey(deps, request), name)
  if (view === null)
    throw new AppError('unknown_model', {
      message: `There is no model "${name.slice(0, 100)}". GET /v1/models lists those this key may use.`,
      param: 'model',
    })
  return view
}

const requireKey = async (deps: Deps, request: IncomingMessage): Promise<Caller> =>
  identify(deps, { keyText: readKeyText(request.headers), peer: peerOf(request) })

const sendJson = (reply: RouteRequest['reply'], body: JsonObject): void =>
  reply.sendWhole(200, { 'content-type': 'application/json' }, JSON.stringify(body))
