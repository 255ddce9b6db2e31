import { countPromptTokens } from '../generate/tokens.ts'
import { Refusal } from '../refusal.ts'
import type { Exchange } from '../service/context.ts'
import { parseJson } from '../service/parse-json.ts'
import type { FindRoute } from '../service/route.ts'
import { anthropicMessages } from './format.ts'
import { readPromptOnly } from './request.ts'

/** x-api-key, or Authorization as the SDK sends it since version 1; and the API version every call must name. */
function checkKey({ request }: Exchange): void {
  const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const key = request.headers['x-api-key'] ?? bearer
  if (typeof key !== 'string' || key === '') throw new Refusal(401, 'x-api-key header is required')
  if (key.startsWith('invalid')) throw new Refusal(401, 'invalid x-api-key')
  if (request.headers['anthropic-version'] === undefined)
    throw new Refusal(400, 'anthropic-version: header is required')
}

const describe = (id: string) => ({ type: 'model', id, display_name: id, created_at: '2026-01-01T00:00:00Z' })

export const findAnthropicRoute: FindRoute = ({ method, path, provider }) => {
  switch (`${method} ${path}`) {
    case 'POST /messages':
      return { kind: 'generate', format: anthropicMessages, model: null, streamed: false, checkKey }
    case 'POST /messages/count_tokens':
      return {
        kind: 'document',
        checkKey,
        write: ({ body }) => ({ input_tokens: countPromptTokens(readPromptOnly(parseJson(body.toString())).prompt) }),
      }
    case 'GET /models':
      return {
        kind: 'document',
        checkKey,
        write: () => ({
          data: provider.models.map(describe),
          has_more: false,
          first_id: provider.models[0] ?? null,
          last_id: provider.models.at(-1) ?? null,
        }),
      }
    default:
      return undefined
  }
}
