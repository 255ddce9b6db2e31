import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

import { findAzureRoute } from '../azure/routes.ts'
import { bedrockConverse } from '../bedrock/format.ts'
import { findBedrockRoute } from '../bedrock/routes.ts'
import { anthropicMessages } from '../anthropic/format.ts'
import { findAnthropicRoute } from '../anthropic/routes.ts'
import { geminiGenerate } from '../gemini/format.ts'
import { findGeminiRoute } from '../gemini/routes.ts'
import { cohereErrors, findCohereRoute } from '../cohere/routes.ts'
import { findJinaRoute, jinaErrors } from '../jina/routes.ts'
import { findVoyageRoute, voyageErrors } from '../voyage/routes.ts'
import { deepgramErrors, findDeepgramRoute } from '../deepgram/routes.ts'
import { elevenlabsErrors, findElevenlabsRoute } from '../elevenlabs/routes.ts'
import type { WireFormat } from '../generate/wire-format.ts'
import { ollamaChat } from '../ollama/format.ts'
import { findOllamaRoute } from '../ollama/routes.ts'
import { openaiChat } from '../openai/format.ts'
import { findOpenaiRoute } from '../openai/routes.ts'
import type { Provider } from '../providers.ts'
import { describeStatus, Refusal } from '../refusal.ts'
import { findVertexRoute } from '../vertex/routes.ts'
import type { Exchange, SimulatorContext } from './context.ts'
import { generate } from './generate.ts'
import { readRequestBody } from './read-request-body.ts'
import type { FindRoute, Route } from './route.ts'
import { sendJson, sendRefusal } from './send.ts'
import { serveMedia } from './serve-media.ts'

type ErrorFormat = Pick<WireFormat, 'writeError' | 'responseHeaders'>

const formats: Readonly<Record<Provider['format'], { findRoute: FindRoute; errors: ErrorFormat }>> = {
  openai: { findRoute: findOpenaiRoute, errors: openaiChat },
  anthropic: { findRoute: findAnthropicRoute, errors: anthropicMessages },
  gemini: { findRoute: findGeminiRoute, errors: geminiGenerate },
  ollama: { findRoute: findOllamaRoute, errors: ollamaChat },
  bedrock: { findRoute: findBedrockRoute, errors: bedrockConverse },
  vertex: { findRoute: findVertexRoute, errors: geminiGenerate },
  azure: { findRoute: findAzureRoute, errors: openaiChat },
  elevenlabs: { findRoute: findElevenlabsRoute, errors: elevenlabsErrors },
  deepgram: { findRoute: findDeepgramRoute, errors: deepgramErrors },
  cohere: { findRoute: findCohereRoute, errors: cohereErrors },
  voyage: { findRoute: findVoyageRoute, errors: voyageErrors },
  jina: { findRoute: findJinaRoute, errors: jinaErrors },
}

const MOST_BODY_BYTES = 64 * 1024 * 1024
/** Anthropic's published limit for messages. */
const MOST_ANTHROPIC_BODY_BYTES = 32 * 1024 * 1024

export interface ProviderCall {
  provider: Provider
  /** The path below the provider's prefix. */
  path: string
  query: URLSearchParams
  request: IncomingMessage
  response: ServerResponse
}

/** Reads a request to a provider and answers it as that provider would. */
export function handleProvider(context: SimulatorContext, call: ProviderCall): void {
  const { provider, path, query, request, response } = call
  const method = request.method ?? 'GET'
  const limit = provider.id === 'anthropic' ? MOST_ANTHROPIC_BODY_BYTES : MOST_BODY_BYTES
  readRequestBody(request, limit, (read) => {
    const exchange: Exchange = {
      provider,
      request,
      response,
      requestId: createRequestId(provider),
      startedAt: context.now(),
      endpoint: provider.prefix + path,
      responses: context.responses,
      body: read.kind === 'whole' ? read.body : Buffer.alloc(0),
      accounts: context.accounts,
    }
    try {
      const route =
        read.kind === 'whole'
          ? formats[provider.format].findRoute({ provider, method, path, query })
          : new Refusal(413, describeStatus(413))
      if (!(route instanceof Refusal) && route?.kind === 'media')
        serveMedia(context, exchange, route).catch((error: unknown) => {
          context.reportBug(error)
          response.destroy()
        })
      else if (route instanceof Refusal || route?.kind !== 'generate') answerOther(exchange, route)
      else generate(context, exchange, route)
    } catch (error) {
      context.reportBug(error)
      response.destroy()
    }
  })
}

function answerOther(exchange: Exchange, route: Route | Refusal | undefined): void {
  const { errors } = formats[exchange.provider.format]
  const { provider, requestId } = exchange
  try {
    if (route instanceof Refusal) throw route
    if (route?.kind !== 'document')
      throw new Refusal(404, `Invalid URL (${exchange.request.method ?? 'GET'} ${exchange.endpoint})`)
    route.checkKey(exchange)
    sendJson(
      exchange.response,
      JSON.stringify(route.write(exchange)),
      errors.responseHeaders({ provider, requestId, durationMs: 1 }),
    )
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    sendRefusal(exchange, errors, error)
  }
}

function createRequestId(provider: Provider): string {
  const id = randomUUID()
  if (provider.id === 'dashscope') return id
  const digits = id.replaceAll('-', '')
  return provider.id === 'gemini' ? digits.slice(0, 22) : `req_${digits}`
}
