import type { Exchange } from '../service/context.ts'
import { parseJson } from '../service/parse-json.ts'
import type { FindRoute } from '../service/route.ts'
import { countPromptTokens } from '../generate/tokens.ts'
import { openaiResponses } from './format.ts'
import { readResponsesRequest } from './request.ts'

/** `POST /responses` and what OpenAI keeps of it: `GET` and `DELETE /responses/{id}`, `…/input_items`, `…/cancel`. */
export function createFindResponsesRoute(checkKey: (exchange: Exchange) => void): FindRoute {
  return ({ provider, method, path }) => {
    if (provider.id !== 'openai') return undefined
    const document = (write: (exchange: Exchange) => unknown) => ({ kind: 'document', checkKey, write }) as const
    if (method === 'POST' && path === '/responses')
      return { kind: 'generate', format: openaiResponses, model: null, streamed: false, checkKey }
    if (method === 'POST' && path === '/responses/input_tokens')
      return document(({ body }) => ({
        object: 'response.input_tokens',
        input_tokens: countPromptTokens(readResponsesRequest(parseJson(body.toString())).prompt),
      }))
    const [, id, part = ''] = /^\/responses\/([\w-]+)(\/input_items|\/cancel)?$/.exec(path) ?? []
    if (id === undefined) return undefined
    switch (`${method} ${part}`) {
      case 'GET ':
        return document(({ responses }) => responses.find(id).document)
      case 'DELETE ':
        return document(({ responses }) => {
          responses.forget(id)
          return { id, object: 'response', deleted: true }
        })
      case 'GET /input_items':
        return document(({ responses }) => {
          const { input } = responses.find(id)
          return {
            object: 'list',
            data: input.toReversed(),
            first_id: input.at(-1)?.['id'] ?? null,
            last_id: input[0]?.['id'] ?? null,
            has_more: false,
          }
        })
      case 'POST /cancel':
        // Only answers made in the background can be cancelled, and those are not simulated.
        return document(({ responses }) => responses.find(id).document)
      default:
        return undefined
    }
  }
}
