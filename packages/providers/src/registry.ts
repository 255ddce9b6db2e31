import { ai21 } from './ai21.ts'
import { anthropic } from './anthropic.ts'
import { avian } from './avian.ts'
import { cerebras } from './cerebras.ts'
import type { Provider } from './contract.ts'
import { custom } from './custom.ts'
import { customAnthropic } from './custom-anthropic.ts'
import { customGemini } from './custom-gemini.ts'
import { dashscope } from './dashscope.ts'
import { deepinfra } from './deepinfra.ts'
import { deepseek } from './deepseek.ts'
import { fireworks } from './fireworks.ts'
import { gemini } from './gemini.ts'
import { groq } from './groq.ts'
import { huggingface } from './huggingface.ts'
import { hyperbolic } from './hyperbolic.ts'
import { llamaCpp } from './llama-cpp.ts'
import { lmStudio } from './lm-studio.ts'
import { minimax } from './minimax.ts'
import { mistral } from './mistral.ts'
import { moonshot } from './moonshot.ts'
import { nebius } from './nebius.ts'
import { novita } from './novita.ts'
import { nvidiaNim } from './nvidia-nim.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'
import { openrouter } from './openrouter.ts'
import { ovhcloud } from './ovhcloud.ts'
import { perplexity } from './perplexity.ts'
import { sambanova } from './sambanova.ts'
import { siliconflow } from './siliconflow.ts'
import { together } from './together.ts'
import { vllm } from './vllm.ts'
import { xai } from './xai.ts'
import { zhipu } from './zhipu.ts'

/** Every provider the catalogue may offer models at. Adding one = its file and a line here. */
export const PROVIDERS: readonly Provider[] = [
  openai,
  anthropic,
  gemini,
  deepseek,
  dashscope,
  groq,
  xai,
  moonshot,
  cerebras,
  together,
  fireworks,
  mistral,
  perplexity,
  zhipu,
  minimax,
  ai21,
  sambanova,
  nvidiaNim,
  huggingface,
  deepinfra,
  novita,
  siliconflow,
  hyperbolic,
  nebius,
  avian,
  ovhcloud,
  openrouter,
  ollama,
  vllm,
  llamaCpp,
  lmStudio,
  custom,
  customAnthropic,
  customGemini,
]

const BY_ID: ReadonlyMap<string, Provider> = new Map(PROVIDERS.map((provider) => [provider.id, provider]))

export const findProvider = (id: string): Provider | undefined => BY_ID.get(id)

/** How to reach a provider, ready for an HTTP client: the dialect's path goes after `pathPrefix`, the headers beside `content-type`. */
export interface UpstreamCall {
  readonly origin: string
  /** Starts with a slash and ends without one; '' when the base URL has no path. */
  readonly pathPrefix: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * @param target.baseUrl the provider's own base URL, the operator's override or a simulator's.
 * @throws RangeError when the base URL is no plain http(s) URL, or a key is missing that the provider's auth scheme needs.
 */
export const buildUpstreamCall = (
  provider: Provider,
  target: { readonly baseUrl: string; readonly apiKey: string | null },
): UpstreamCall => {
  const url = parseBaseUrl(provider, target.baseUrl)
  return {
    origin: url.origin,
    pathPrefix: url.pathname.replace(/\/+$/, ''),
    headers: authHeaders(provider, target.apiKey),
  }
}

const parseBaseUrl = (provider: Provider, text: string): URL => {
  let url: URL
  try {
    url = new URL(text)
  } catch (cause) {
    throw new RangeError(
      `The base URL of ${provider.displayName} is not a URL like ${provider.baseUrl ?? 'https://host/v1'}`,
      { cause },
    )
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new RangeError(`The base URL of ${provider.displayName} must start with https:// or http://`)
  if (/^https?:\/\/[^/]*@/.test(url.href))
    throw new RangeError(
      `The base URL of ${provider.displayName} must not hold a credential; set ${provider.credentialEnv ?? 'a key'} instead`,
    )
  if (/[?#]/.test(url.href))
    throw new RangeError(`The base URL of ${provider.displayName} must not have a query or fragment`)
  return url
}

const authHeaders = (provider: Provider, apiKey: string | null): Readonly<Record<string, string>> => {
  const { auth } = provider
  switch (auth.kind) {
    case 'none':
      return {}
    case 'bearer':
      if (apiKey === null && auth.keyOptional === true) return {}
      return { authorization: `Bearer ${requireKey(provider, apiKey)}` }
    case 'header':
      return { [auth.name]: requireKey(provider, apiKey), ...auth.extra }
  }
}

const requireKey = (provider: Provider, apiKey: string | null): string => {
  if (apiKey === null || apiKey === '')
    throw new RangeError(`${provider.displayName} needs a key; set ${provider.credentialEnv ?? 'one'}`)
  return apiKey
}
