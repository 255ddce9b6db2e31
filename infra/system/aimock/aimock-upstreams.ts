import { LLMock } from '@copilotkit/aimock'

/** A format of providers that aimock speaks, and how a proxy is told that it is to be found there. */
export interface AimockUpstream {
  readonly format: string
  /** Pinned. */
  readonly offering: string
  /** What it says of the words and with streamed calls, where that is more than it was told to. */
  readonly says?: { readonly words: string; readonly streamedCalls: string }
  /** Settings of a proxy, given aimock's address. */
  readonly env: (url: string) => Readonly<Record<string, string>>
}

/** With characters of two, three and four bytes, which streams like to cut. */
export const SAID = 'Grüße aus 東京 😀, und bis bald.'
const THOUGHT = 'They greet me, so I greet back.'

const KEY = 'aimock'

export const AIMOCK_UPSTREAMS: readonly AimockUpstream[] = [
  {
    format: 'OpenAI Chat Completions',
    offering: 'openai/gpt-4o-mini',
    env: (url) => ({ OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `${url}/v1` }),
  },
  {
    format: 'Anthropic Messages',
    offering: 'anthropic/claude-haiku-4-5',
    env: (url) => ({ ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: `${url}/v1` }),
  },
  {
    format: 'Gemini generateContent',
    offering: 'gemini/gemini-2.5-flash',
    env: (url) => ({ GEMINI_API_KEY: KEY, GEMINI_BASE_URL: `${url}/v1beta` }),
  },
  {
    format: 'Amazon Bedrock Converse',
    offering: 'bedrock/global.anthropic.claude-sonnet-4-5-20250929-v1:0',
    env: (url) => ({ BEDROCK_API_KEY: KEY, BEDROCK_REGION: 'us-east-1', BEDROCK_BASE_URL: url }),
  },
  {
    format: 'Cohere Chat',
    offering: 'cohere/command-a-03-2025',
    // Its thought goes out as words there, and its calls have a plan in words of its own.
    says: { words: THOUGHT + SAID, streamedCalls: `${SAID}I will use the requested tool.` },
    env: (url) => ({ COHERE_API_KEY: KEY, COHERE_BASE_URL: `${url}/v2` }),
  },
  { format: 'Ollama', offering: 'ollama-native/qwen3:4b', env: (url) => ({ OLLAMA_NATIVE_URL: url }) },
]

export const CALLS = [
  { id: 'call_first', name: 'get_weather', args: { city: 'Zürich' } },
  { id: 'call_second', name: 'get_time', args: {} },
] as const
export const ASK_WORDS = 'Please greet me.'
export const ASK_TOOLS = 'Please look it up.'

/** aimock with the two answers that everybody is to get intact. */
export const startAimock = async (): Promise<LLMock> => {
  const mock = await LLMock.create({ port: 0, host: '127.0.0.1', chunkSize: 3, logLevel: 'silent' })
  mock.onMessage(ASK_WORDS, { content: SAID, reasoning: THOUGHT })
  mock.onMessage(ASK_TOOLS, {
    content: SAID,
    toolCalls: CALLS.map(({ id, name, args }) => ({ id, name, arguments: JSON.stringify(args) })),
  })
  return mock
}
