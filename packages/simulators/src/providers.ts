/** The providers this process stands for. What differs between them is data here; code only knows formats. */

export type ProviderId =
  | 'openai'
  | 'anthropic'
  | 'gemini'
  | 'deepseek'
  | 'dashscope'
  | 'groq'
  | 'ollama'
  | 'custom'
  | 'bedrock'
  | 'vertex'
  | 'vertex-anthropic'
  | 'azure-openai'
  | 'elevenlabs'
  | 'deepgram'
  | 'cohere'
  | 'voyage'
  | 'jina'

/** What a provider does when its caller hangs up: stop generating (and bill what it made), or run to the end and bill it all. */
export type CancelPolicy = 'stops' | 'runs_on'

/** Which fields a provider's `usage` has, beyond the three every OpenAI-shaped answer carries. */
export type UsageShape = 'openai' | 'deepseek' | 'dashscope' | 'groq' | 'plain'

export interface Provider {
  id: ProviderId
  format:
    | 'openai'
    | 'anthropic'
    | 'gemini'
    | 'ollama'
    | 'elevenlabs'
    | 'deepgram'
    | 'cohere'
    | 'voyage'
    | 'jina'
    | 'bedrock'
    | 'vertex'
    | 'azure'
  /** Path prefix on the one port; what follows is the provider's own path. */
  prefix: string
  /** Other prefixes that lead to the same paths. */
  otherPrefixes?: readonly string[]
  cancelPolicy: CancelPolicy
  /** Whether a top-level field the provider does not know is an error, as it is at the real one. */
  unknownFields: 'refuse' | 'ignore'
  usageShape: UsageShape
  /** Name of the field that carries visible reasoning in the OpenAI format; null where reasoning stays hidden. */
  reasoningField: 'reasoning_content' | 'reasoning' | null
  /** Cache writes the provider counts apart from ordinary input. */
  cacheWrites: 'none' | 'one_kind' | 'five_minutes_and_one_hour'
  /** False where the provider's counts never mention cached tokens: then all input is ordinary input. */
  reportsCacheReads: boolean
  /** False where reasoning is not told apart from other output: then the books hold it as text. */
  reportsReasoning: boolean
  needsKey: boolean
  /** Example models for the listing; any other name is accepted too. */
  models: readonly string[]
}

const openaiFormat = {
  format: 'openai',
  cancelPolicy: 'stops',
  unknownFields: 'ignore',
  usageShape: 'openai',
  reasoningField: null,
  cacheWrites: 'none',
  reportsCacheReads: true,
  reportsReasoning: true,
  needsKey: true,
} as const

export const providers: readonly Provider[] = [
  {
    ...openaiFormat,
    id: 'openai',
    prefix: '/openai/v1',
    unknownFields: 'refuse',
    cacheWrites: 'one_kind',
    models: ['gpt-5', 'gpt-5-mini', 'gpt-4.1', 'gpt-4o', 'gpt-4o-mini'],
  },
  {
    ...openaiFormat,
    id: 'anthropic',
    format: 'anthropic',
    prefix: '/anthropic/v1',
    unknownFields: 'refuse',
    cacheWrites: 'five_minutes_and_one_hour',
    models: ['claude-opus-5', 'claude-sonnet-5', 'claude-haiku-4-5'],
  },
  {
    ...openaiFormat,
    id: 'gemini',
    format: 'gemini',
    prefix: '/gemini/v1beta',
    // Google's SDK took `v1` for its default with version 3.
    otherPrefixes: ['/gemini/v1'],
    cancelPolicy: 'runs_on',
    unknownFields: 'refuse',
    models: ['gemini-2.5-pro', 'gemini-2.5-flash', 'gemini-2.5-flash-lite'],
  },
  {
    ...openaiFormat,
    id: 'deepseek',
    prefix: '/deepseek/v1',
    cancelPolicy: 'runs_on',
    usageShape: 'deepseek',
    reasoningField: 'reasoning_content',
    models: ['deepseek-chat', 'deepseek-reasoner'],
  },
  {
    ...openaiFormat,
    id: 'dashscope',
    prefix: '/dashscope/compatible-mode/v1',
    cancelPolicy: 'runs_on',
    usageShape: 'dashscope',
    reasoningField: 'reasoning_content',
    cacheWrites: 'one_kind',
    models: ['qwen-max', 'qwen-plus', 'qwen-flash'],
  },
  {
    ...openaiFormat,
    id: 'groq',
    prefix: '/groq/openai/v1',
    unknownFields: 'refuse',
    usageShape: 'groq',
    reasoningField: 'reasoning',
    models: ['llama-3.3-70b-versatile', 'llama-3.1-8b-instant', 'openai/gpt-oss-120b'],
  },
  {
    ...openaiFormat,
    id: 'ollama',
    format: 'ollama',
    prefix: '/ollama',
    usageShape: 'plain',
    reasoningField: 'reasoning',
    reportsCacheReads: false,
    reportsReasoning: false,
    needsKey: false,
    models: ['llama3.2:latest', 'qwen3:8b', 'gemma3:4b'],
  },
  {
    ...openaiFormat,
    id: 'elevenlabs',
    format: 'elevenlabs',
    prefix: '/elevenlabs/v1',
    unknownFields: 'refuse',
    models: ['eleven_multilingual_v2', 'eleven_flash_v2_5'],
  },
  {
    ...openaiFormat,
    id: 'deepgram',
    format: 'deepgram',
    prefix: '/deepgram/v1',
    unknownFields: 'refuse',
    models: ['nova-3', 'nova-2'],
  },
  {
    ...openaiFormat,
    id: 'cohere',
    format: 'cohere',
    prefix: '/cohere/v2',
    unknownFields: 'refuse',
    cancelPolicy: 'runs_on',
    reportsCacheReads: false,
    reportsReasoning: false,
    models: ['command-a-03-2025', 'command-r7b-12-2024', 'embed-v4.0', 'rerank-v3.5'],
  },
  {
    ...openaiFormat,
    id: 'voyage',
    format: 'voyage',
    prefix: '/voyage/v1',
    unknownFields: 'refuse',
    models: ['voyage-3.5', 'voyage-3-large', 'rerank-2.5'],
  },
  {
    ...openaiFormat,
    id: 'jina',
    format: 'jina',
    prefix: '/jina/v1',
    unknownFields: 'refuse',
    models: ['jina-embeddings-v3', 'jina-embeddings-v4', 'jina-reranker-v2-base-multilingual', 'jina-reranker-m0'],
  },
  {
    ...openaiFormat,
    id: 'bedrock',
    format: 'bedrock',
    prefix: '/bedrock',
    cancelPolicy: 'runs_on',
    unknownFields: 'refuse',
    cacheWrites: 'five_minutes_and_one_hour',
    reportsReasoning: false,
    models: ['global.anthropic.claude-sonnet-4-5-20250929-v1:0', 'amazon.nova-lite-v1:0'],
  },
  {
    ...openaiFormat,
    id: 'vertex',
    format: 'vertex',
    prefix: '/vertex',
    cancelPolicy: 'runs_on',
    unknownFields: 'refuse',
    models: ['gemini-2.5-pro', 'gemini-2.5-flash'],
  },
  {
    ...openaiFormat,
    id: 'vertex-anthropic',
    format: 'vertex',
    prefix: '/vertex-anthropic',
    cancelPolicy: 'runs_on',
    unknownFields: 'refuse',
    cacheWrites: 'five_minutes_and_one_hour',
    models: ['claude-sonnet-4-5@20250929'],
  },
  {
    ...openaiFormat,
    id: 'azure-openai',
    format: 'azure',
    prefix: '/azure',
    cancelPolicy: 'runs_on',
    unknownFields: 'refuse',
    cacheWrites: 'one_kind',
    models: ['gpt-4.1', 'gpt-4o-mini'],
  },
  {
    ...openaiFormat,
    id: 'custom',
    prefix: '/custom/v1',
    models: ['custom-large', 'custom-small'],
  },
]

/** The provider a request path belongs to and the rest of the path, or undefined for paths of no provider. */
export function findProvider(path: string): { provider: Provider; rest: string } | undefined {
  for (const provider of providers) {
    for (const prefix of [provider.prefix, ...(provider.otherPrefixes ?? [])]) {
      if (path.startsWith(prefix) && path[prefix.length] === '/') return { provider, rest: path.slice(prefix.length) }
    }
  }
  return undefined
}

export function isProviderId(value: string): value is ProviderId {
  return providers.some((provider) => provider.id === value)
}
