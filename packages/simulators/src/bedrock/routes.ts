import type { FindRoute } from '../service/route.ts'
import { bedrockConverse } from './format.ts'
import { checkAwsKey } from './signature-check.ts'

export const findBedrockRoute: FindRoute = ({ method, path, provider }) => {
  const [, model, action] = /^\/model\/([^/]+)\/(converse|converse-stream)$/.exec(path) ?? []
  if (method === 'POST' && model !== undefined)
    return {
      kind: 'generate',
      format: bedrockConverse,
      model: decodeURIComponent(model),
      streamed: action === 'converse-stream',
      checkKey: checkAwsKey,
    }
  if (method !== 'GET' || path !== '/models') return undefined
  return {
    kind: 'document',
    checkKey: checkAwsKey,
    write: () => ({ modelSummaries: provider.models.map((modelId) => ({ modelId })) }),
  }
}
