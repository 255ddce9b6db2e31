import { anthropicMessages } from '../anthropic/format.ts'
import { findGeminiRoute } from '../gemini/routes.ts'
import { isRecord } from '../generate/read-body.ts'
import type { WireFormat } from '../generate/wire-format.ts'
import { Refusal } from '../refusal.ts'
import type { Exchange } from '../service/context.ts'
import type { FindRoute, Route } from '../service/route.ts'

/** A token that was bought here, or the simulated key. */
function checkToken({ request, accounts }: Exchange): void {
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (token === undefined || !(token === 'simulated' || accounts.isSoldToken(token)))
    throw new Refusal(
      401,
      'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
    )
}

const PLACE = /^\/v1\/projects\/[a-z][a-z0-9-]{4,28}[a-z0-9]\/locations\/[a-z0-9-]+/
/** Not Google's: what every simulator answers, so that a key can be tried. */
const LISTING = /^\/v1\/projects\/[a-z0-9-]+\/models$/
const VERSION = 'vertex-2023-10-16'

/** Google's models and Claude, below a project and a location. */
export const findVertexRoute: FindRoute = (place) => {
  if (LISTING.test(place.path)) return withToken(findGeminiRoute({ ...place, path: '/models' }))
  const prefix = PLACE.exec(place.path)?.[0]
  if (prefix === undefined) return undefined
  const below = place.path.slice(prefix.length)
  if (below.startsWith('/publishers/google/'))
    return withToken(findGeminiRoute({ ...place, path: below.slice('/publishers/google'.length) }))
  return findClaudeRoute({ ...place, path: below })
}

const withToken = (route: Route | undefined): Route | undefined =>
  route === undefined ? undefined : { ...route, checkKey: checkToken }

const findClaudeRoute: FindRoute = ({ method, path }) => {
  const [, model, action] = /^\/publishers\/anthropic\/models\/([^/:]+):(rawPredict|streamRawPredict)$/.exec(path) ?? []
  if (method !== 'POST' || model === undefined) return undefined
  return {
    kind: 'generate',
    format: claudeAtGoogle,
    model: decodeURIComponent(model),
    streamed: action === 'streamRawPredict',
    checkKey: checkToken,
  }
}

/** Anthropic's messages with the model in the path, and a version in its place. */
const claudeAtGoogle: WireFormat = {
  ...anthropicMessages,
  readRequest: (body, target) => {
    if (!isRecord(body) || body['anthropic_version'] !== VERSION)
      throw new Refusal(400, `anthropic_version: Field required, and must be "${VERSION}"`)
    if ('model' in body) throw new Refusal(400, 'model: Extra inputs are not permitted')
    const { anthropic_version: _version, ...rest } = body
    return { ...anthropicMessages.readRequest({ ...rest, model: target.model }, target), streamed: target.streamed }
  },
}
