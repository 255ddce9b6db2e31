import { findOpenaiRoute } from '../openai/routes.ts'
import { Refusal } from '../refusal.ts'
import type { Exchange } from '../service/context.ts'
import type { FindRoute } from '../service/route.ts'

function checkKey({ request }: Exchange): void {
  const key = request.headers['api-key']
  if (typeof key !== 'string' || key === '' || key.startsWith('invalid'))
    throw new Refusal(
      401,
      'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.',
      { code: '401' },
    )
}

const VERSION = /^20\d\d-\d\d-\d\d(?:-preview)?$/

/** OpenAI's paths below /openai/v1, and the older ones that name a deployment and ask for the version of the API. */
export const findAzureRoute: FindRoute = (place) => {
  const [, deployment, below] = /^\/openai\/deployments\/([^/]+)(\/.+)$/.exec(place.path) ?? []
  const path = below ?? (place.path.startsWith('/openai/v1/') ? place.path.slice('/openai/v1'.length) : place.path)
  const route = findOpenaiRoute({ ...place, path })
  if (route === undefined) return undefined
  const isVersioned = deployment === undefined || VERSION.test(place.query.get('api-version') ?? '')
  return {
    ...route,
    checkKey: (exchange) => {
      checkKey(exchange)
      if (!isVersioned) throw new Refusal(404, 'Resource not found', { code: '404' })
    },
  }
}
