import { AppError } from '@atpar/core/errors'
import { REALTIME_PATH } from '../realtime/accept.ts'
import { decodeSegment } from '../http/path-segment.ts'
import { speak, transcribe, translate } from './audio.ts'
import { chatCompletions } from './chat-completions.ts'
import { tokenCounts } from './count-tokens.ts'
import { completions } from './completions.ts'
import { embedContent } from './embed-content.ts'
import { embeddings } from './embeddings.ts'
import { showGeneration } from './generation.ts'
import { generateContent } from './generate-content.ts'
import { editImages, generateImages } from './images.ts'
import { showKey } from './key.ts'
import { explainLimits, listLimits } from './limits.ts'
import { messages } from './messages.ts'
import { keptResponses } from './kept-response.ts'
import { listEndpoints, listModels, showModel } from './models.ts'
import { moderations } from './moderations.ts'
import { READ_CONTENTS_PATH, readContents } from './read-contents.ts'
import { rerank } from './rerank.ts'
import { responses } from './responses.ts'
import type { Route } from './route.ts'
import { simulateRoute } from './simulate-route.ts'
import { TEST_CREDENTIAL_PATH, testCredential } from './test-credential.ts'

const NOT_UPGRADED = new AppError('invalid_request', { message: 'Open a WebSocket here.' })

const MODEL_PREFIX = '/v1/models/'
const ENDPOINTS_SUFFIX = '/endpoints'
const GEMINI_MODEL_PREFIX = '/v1beta/models/'

/** Everything that can be called. What is not here is 501 below `/v1`. */
export const ROUTES: readonly Route[] = [
  chatCompletions,
  responses,
  messages,
  generateContent,
  completions,
  embeddings,
  embedContent,
  rerank,
  moderations,
  ...tokenCounts,
  { kind: 'free', method: 'POST', path: '/v1/route/simulate', handle: simulateRoute },
  ...keptResponses,
  generateImages,
  editImages,
  speak,
  transcribe,
  translate,
  // Its conversations are opened by an upgrade, which is no request with an answer.
  { kind: 'free', method: 'GET', path: REALTIME_PATH, handle: () => Promise.reject(NOT_UPGRADED) },
  { kind: 'free', method: 'GET', path: '/v1/models', handle: listModels },
  {
    kind: 'free',
    method: 'GET',
    path: '/v1/models/{id}/endpoints',
    matches: (path) => path.startsWith(MODEL_PREFIX) && path.endsWith(ENDPOINTS_SUFFIX),
    handle: (deps, request, path) =>
      listEndpoints(deps, request, decodeSegment(path.slice(MODEL_PREFIX.length, -ENDPOINTS_SUFFIX.length))),
  },
  {
    kind: 'free',
    method: 'GET',
    path: '/v1/models/{id}',
    matches: (path) => path.startsWith(MODEL_PREFIX),
    handle: (deps, request, path) => showModel(deps, request, decodeSegment(path.slice(MODEL_PREFIX.length))),
  },
  { kind: 'free', method: 'GET', path: '/v1beta/models', handle: listModels },
  {
    kind: 'free',
    method: 'GET',
    path: '/v1beta/models/{id}',
    matches: (path) => path.startsWith(GEMINI_MODEL_PREFIX),
    handle: (deps, request, path) => showModel(deps, request, decodeSegment(path.slice(GEMINI_MODEL_PREFIX.length))),
  },
  { kind: 'free', method: 'GET', path: '/v1/limits', handle: listLimits },
  { kind: 'free', method: 'GET', path: '/v1/limits/explain', handle: explainLimits },
  { kind: 'free', method: 'GET', path: '/v1/key', handle: showKey },
  { kind: 'free', method: 'GET', path: '/v1/generation', handle: showGeneration },
  { kind: 'free', method: 'POST', path: TEST_CREDENTIAL_PATH, handle: testCredential },
  { kind: 'free', method: 'POST', path: READ_CONTENTS_PATH, handle: readContents },
]

const EXACT: ReadonlyMap<string, ReadonlyMap<string, Route>> = new Map(
  (['GET', 'POST', 'DELETE'] as const).map((method) => [
    method,
    new Map(
      ROUTES.filter((route) => route.method === method && route.matches === undefined).map((route) => [
        route.path,
        route,
      ]),
    ),
  ]),
)
const PATTERNS = ROUTES.filter(({ matches }) => matches !== undefined)

/** Undefined where nothing is offered. */
export const findRoute = (method: string, path: string): Route | undefined =>
  EXACT.get(method)?.get(path) ?? PATTERNS.find((route) => route.method === method && route.matches?.(path) === true)

/** What is offered below `/v1`, in words. */
export const OFFERED = ROUTES.filter(({ path }) => path.startsWith('/v1'))
  .map(({ method, path }) => `${method} ${path}`)
  .join(', ')
