import { isJsonObject } from '@atpar/core/json'
import type { Exchange } from './exchange.ts'
import { asRecord, type Question, type SeenCall, type ToolSpec } from './speaker.ts'
import type { Upstream } from './upstreams.ts'

/** One thing a request may want, and how one sees that it got it. */
export interface Feature {
  readonly title: string
  /** Asks what is needed, in order; each trouble is a sentence. */
  play(stage: CellStage): Promise<readonly string[]>
}

/** Everything a feature asks with; the caller's format and the provider are settled. */
export interface CellStage {
  readonly upstream: Upstream
  ask(question: Question, stream: boolean): Promise<Exchange>
  /** Goes on from an answer that called tools. @throws what refuses the cell */
  goOn(exchange: Exchange, result: (call: SeenCall) => string): Promise<Exchange>
}

const TOKENS = 9
const sim = (directive: Readonly<Record<string, unknown>>): string =>
  `Say something. [[sim:${JSON.stringify(directive)}]]`

const TOOLS: readonly ToolSpec[] = [
  {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
  { name: 'get_time', parameters: { type: 'object', properties: {} } },
]
const TOOL_NAMES = TOOLS.map(({ name }) => name)

/** A transparent pixel. */
const PICTURE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='

const SCHEMA = {
  type: 'object',
  properties: { title: { type: 'string' }, pages: { type: 'integer' } },
  required: ['title', 'pages'],
  additionalProperties: false,
}

/** What holds for every answer that came: the money's counts are the books', the words are the provider's. */
const judgeAnswer = ({ seen, book, wire, status, requestId }: Exchange): readonly string[] => {
  if (status !== 200) return [`status ${status}, ${seen.errorCode ?? 'no code'}`]
  if (book === null || wire === null) return [`no attempt of request ${requestId} reached the provider`]
  const { usage } = book
  const input = usage.input_uncached + usage.cache_read + usage.cache_write_5m + usage.cache_write_1h
  const output = usage.output_text + usage.output_reasoning
  const troubles: string[] = []
  if (seen.errorCode !== null) troubles.push(`an error in the answer: ${seen.errorCode}`)
  if (!seen.ended) troubles.push('the answer never said that it was over')
  if (seen.usage === null) troubles.push('no usage')
  else {
    if (seen.usage.input !== input) troubles.push(`${seen.usage.input} tokens of input instead of ${input}`)
    if (seen.usage.output !== output) troubles.push(`${seen.usage.output} tokens of output instead of ${output}`)
    if (seen.usage.cached !== usage.cache_read)
      troubles.push(`${seen.usage.cached} cached tokens instead of ${usage.cache_read}`)
  }
  if (book.unknownFields.length > 0) troubles.push(`the provider met ${book.unknownFields.join(', ')}`)
  if (wire.body.includes('session_id')) troubles.push('our own vocabulary reached the provider')
  return troubles
}

const judgeWords = (exchange: Exchange): readonly string[] => [
  ...judgeAnswer(exchange),
  ...(exchange.seen.finish === 'stop' ? [] : [`ended by ${exchange.seen.finish ?? 'nothing'}`]),
  ...(exchange.seen.text.length > 10 ? [] : [`only ${exchange.seen.text.length} characters came`]),
]

const judgeCalls = (exchange: Exchange): readonly string[] => {
  const { calls } = exchange.seen
  const troubles = [...judgeAnswer(exchange)]
  const names = calls.map(({ name }) => name)
  if (names.join() !== TOOL_NAMES.join()) troubles.push(`called ${names.join(', ') || 'nothing'}`)
  const ids = calls.map(({ id }) => id).filter((id) => id !== null)
  if (new Set(ids).size !== ids.length || ids.includes('')) troubles.push(`ids ${ids.join(', ')}`)
  const [weather, time] = calls.map(({ args }) => args)
  if (typeof asRecord(weather).city !== 'string') troubles.push(`get_weather with ${JSON.stringify(weather)}`)
  if (JSON.stringify(time) !== '{}') troubles.push(`get_time with ${JSON.stringify(time)} instead of {}`)
  // Gemini has no reason of its own for calls.
  if (exchange.seen.finish !== 'tools' && exchange.dialect !== 'gemini')
    troubles.push(`ended by ${exchange.seen.finish ?? 'nothing'}`)
  return troubles
}

const isAnswerOfSchema = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) && typeof value['title'] === 'string' && Number.isInteger(value['pages'])
  } catch {
    return false
  }
}

const bothWays = async (
  ask: (stream: boolean) => Promise<Exchange>,
  judge: (exchange: Exchange) => readonly string[],
): Promise<readonly string[]> => {
  const whole = judge(await ask(false))
  const streamed = judge(await ask(true))
  return [...whole, ...streamed.map((trouble) => `streamed: ${trouble}`)]
}

/** Plays the calls and their results, with and without thinking: signatures have to come back to those who made them. */
const playResults = async (stage: CellStage, thinks: boolean): Promise<readonly string[]> => {
  const called = await stage.ask({ prompt: sim({ tool: TOOL_NAMES }), tools: TOOLS, thinks }, false)
  const troubles = judgeCalls(called)
  if (troubles.length > 0) return troubles
  const answered = await stage.goOn(called, ({ name }) => `the result of ${name}`)
  const sent = answered.wire?.body.toString('utf8') ?? ''
  return [
    ...judgeWords(answered),
    ...TOOL_NAMES.filter((name) => !sent.includes(`the result of ${name}`)).map((name) => `no result of ${name}`),
  ]
}

const judgeThinking = (upstream: Upstream, { seen, book }: Exchange): readonly string[] => {
  if (upstream.leavesReasoningOut === true)
    return seen.thinking === '' ? [] : ['reasoning came from where there is none']
  if (upstream.showsThinking) return seen.thinking.length > 10 ? [] : ['the reasoning did not arrive']
  return (book?.usage.output_reasoning ?? 0) > 0 ? [] : ['nothing was reasoned']
}

/** In the order of the table's columns. */
export const FEATURES = {
  text: {
    title: 'Text',
    play: async (stage) => judgeWords(await stage.ask({ prompt: sim({ tokens: TOKENS }) }, false)),
  },
  stream: {
    title: 'Stream',
    play: async (stage) => judgeWords(await stage.ask({ prompt: sim({ tokens: TOKENS }) }, true)),
  },
  tools: {
    title: 'Parallel tools',
    play: (stage) =>
      bothWays((stream) => stage.ask({ prompt: sim({ tool: TOOL_NAMES }), tools: TOOLS }, stream), judgeCalls),
  },
  results: {
    title: 'Tool results',
    play: async (stage) => [
      ...(await playResults(stage, false)),
      ...(await playResults(stage, true)).map((trouble) => `with thinking: ${trouble}`),
    ],
  },
  vision: {
    title: 'Vision',
    play: (stage) =>
      bothWays(
        (stream) => stage.ask({ prompt: sim({ tokens: TOKENS }), pictureBase64: PICTURE }, stream),
        (exchange) => [
          ...judgeWords(exchange),
          ...(exchange.wire?.body.includes(PICTURE) === true ? [] : ['the picture did not reach the provider']),
        ],
      ),
  },
  structured: {
    title: 'Structured output',
    play: (stage) =>
      bothWays(
        (stream) => stage.ask({ prompt: 'Name a book.', schema: SCHEMA }, stream),
        (exchange) => [
          ...judgeAnswer(exchange),
          ...(isAnswerOfSchema(exchange.seen.text) ? [] : [`not of the schema: ${exchange.seen.text.slice(0, 80)}`]),
        ],
      ),
  },
  reasoning: {
    title: 'Reasoning',
    play: (stage) =>
      bothWays(
        (stream) => stage.ask({ prompt: sim({ tokens: TOKENS }), thinks: true }, stream),
        (exchange) => [...judgeWords(exchange), ...judgeThinking(stage.upstream, exchange)],
      ),
  },
  cached: {
    title: 'Cached prompt',
    play: (stage) =>
      bothWays(
        (stream) => stage.ask({ prompt: sim({ tokens: TOKENS, cached: 64 }), system: 'Be brief. '.repeat(40) }, stream),
        judgeWords,
      ),
  },
  error: {
    title: 'Error',
    play: async (stage) => {
      const troubles: string[] = []
      for (const stream of [false, true])
        for (const [made, status, code] of [
          [400, 400, 'upstream_rejected'],
          [500, 502, 'upstream_failed'],
        ] as const) {
          const exchange = await stage.ask({ prompt: sim({ status: made }) }, stream)
          if (exchange.status !== status || exchange.seen.errorCode !== code)
            troubles.push(`${made} became ${exchange.status} ${exchange.seen.errorCode ?? 'without a code'}`)
        }
      return troubles
    },
  },
  cut: {
    title: 'Cut stream',
    play: async (stage) => {
      const troubles: string[] = []
      for (const how of ['truncate_after', 'error_after']) {
        const { status, seen } = await stage.ask({ prompt: sim({ tokens: 40, [how]: 5 }) }, true)
        if (status !== 200 || seen.text === '' || seen.errorCode !== 'stream_interrupted' || seen.ended)
          troubles.push(
            `${how}: ${status}, ${seen.text.length} characters, ${seen.errorCode ?? 'no code'}, ${seen.ended ? 'ended as if whole' : 'not ended'}`,
          )
      }
      return troubles
    },
  },
} as const satisfies Readonly<Record<string, Feature>>

export type FeatureId = keyof typeof FEATURES
export const FEATURE_IDS = Object.keys(FEATURES) as readonly FeatureId[]
