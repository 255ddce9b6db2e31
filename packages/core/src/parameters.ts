import { isJsonObject, type JsonObject, type JsonValue } from './json.ts'
import type { JsonEdit } from './json-splice.ts'

/**
 * What a request may ask of a model beyond text in and text out, in the words of `supported_parameters` of `GET /v1/models`, which are those
 * of OpenRouter's list (https://openrouter.ai/docs/api-reference/parameters). An offering says which of them it takes.
 */
export const PARAMETERS = [
  'max_tokens',
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'frequency_penalty',
  'presence_penalty',
  'repetition_penalty',
  'seed',
  'stop',
  'n',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'structured_outputs',
  'reasoning',
  'service_tier',
  'prediction',
  'verbosity',
  'web_search_options',
] as const

export type Parameter = (typeof PARAMETERS)[number]

/** Where a caller's format puts a parameter. */
interface Place {
  readonly path: readonly string[]
  /** Only such a value asks for it. */
  readonly asks?: (value: JsonValue) => boolean
  /** What says less where the parameter itself cannot be said; the field goes away where this is absent. */
  readonly instead?: string
}

const isOfType =
  (...types: readonly string[]) =>
  (value: JsonValue): boolean =>
    isJsonObject(value) && types.some((type) => value['type'] === type)

const isMany = (value: JsonValue): boolean => typeof value === 'number' && value > 1
const isNotEmpty = (value: JsonValue): boolean => !Array.isArray(value) || value.length > 0
const asksToThink = (value: JsonValue): boolean =>
  value !== 'none' && !(isJsonObject(value) && (value['type'] === 'disabled' || value['effort'] === 'none'))

const at = (...path: readonly string[]): Place => ({ path })
const gemini = (field: string): Place => ({ path: ['generationConfig', field] })

/** Every caller's format in one table: no two of them use one name for two things. */
const PLACES: Readonly<Record<Parameter, readonly Place[]>> = {
  max_tokens: [at('max_tokens'), at('max_completion_tokens'), at('max_output_tokens'), gemini('maxOutputTokens')],
  temperature: [at('temperature'), gemini('temperature')],
  top_p: [at('top_p'), gemini('topP')],
  top_k: [at('top_k'), gemini('topK')],
  min_p: [at('min_p')],
  frequency_penalty: [at('frequency_penalty'), gemini('frequencyPenalty')],
  presence_penalty: [at('presence_penalty'), gemini('presencePenalty')],
  repetition_penalty: [at('repetition_penalty')],
  seed: [at('seed'), gemini('seed')],
  stop: [
    { path: ['stop'], asks: isNotEmpty },
    { path: ['stop_sequences'], asks: isNotEmpty },
    { path: ['generationConfig', 'stopSequences'], asks: isNotEmpty },
  ],
  n: [
    { path: ['n'], asks: isMany },
    { path: ['generationConfig', 'candidateCount'], asks: isMany },
  ],
  logit_bias: [at('logit_bias')],
  logprobs: [
    { path: ['logprobs'], asks: (value) => value !== false },
    { path: ['generationConfig', 'responseLogprobs'], asks: (value) => value === true },
  ],
  top_logprobs: [at('top_logprobs'), gemini('logprobs')],
  tools: [{ path: ['tools'], asks: isNotEmpty }],
  tool_choice: [at('tool_choice'), at('toolConfig')],
  parallel_tool_calls: [at('parallel_tool_calls')],
  response_format: [
    { path: ['response_format'], asks: isOfType('json_object', 'json_schema') },
    { path: ['text', 'format'], asks: isOfType('json_object', 'json_schema') },
    { path: ['generationConfig', 'responseMimeType'], asks: (value) => value === 'application/json' },
  ],
  structured_outputs: [
    { path: ['response_format'], asks: isOfType('json_schema'), instead: '{"type":"json_object"}' },
    { path: ['text', 'format'], asks: isOfType('json_schema'), instead: '{"type":"json_object"}' },
    at('output_format'),
    at('output_config', 'format'),
    gemini('responseSchema'),
    gemini('responseJsonSchema'),
  ],
  reasoning: [
    { path: ['reasoning_effort'], asks: asksToThink },
    { path: ['reasoning'], asks: asksToThink },
    { path: ['thinking'], asks: asksToThink },
    gemini('thinkingConfig'),
  ],
  service_tier: [
    { path: ['service_tier'], asks: (value) => value !== 'auto' && value !== 'default' },
    { path: ['serviceTier'], asks: (value) => value !== 'auto' && value !== 'default' },
  ],
  prediction: [at('prediction')],
  verbosity: [at('verbosity'), at('text', 'verbosity')],
  web_search_options: [at('web_search_options')],
}

const readPlace = (body: JsonObject, { path, asks }: Place): boolean => {
  let value: JsonValue | undefined = body
  for (const key of path) {
    if (!isJsonObject(value)) return false
    value = value[key]
  }
  return value !== undefined && value !== null && (asks === undefined || asks(value))
}

/** The parameters a request of any caller's format asks for, in the order of `PARAMETERS`. */
export const listAskedParameters = (body: JsonObject): readonly Parameter[] =>
  PARAMETERS.filter((parameter) => PLACES[parameter].some((place) => readPlace(body, place)))

const NOTHING_MISSING: readonly Parameter[] = []

/** Money is held by it, and every format has a word for it: it is never left out. */
const ALWAYS_TAKEN: ReadonlySet<Parameter> = new Set(['max_tokens'])

/** What an offering is known not to take; nothing where its parameters are not on record. */
export const listMissingParameters = (supported: readonly string[] | null | undefined): readonly Parameter[] =>
  supported === null || supported === undefined
    ? NOTHING_MISSING
    : PARAMETERS.filter((parameter) => !ALWAYS_TAKEN.has(parameter) && !supported.includes(parameter))

/** What a request asks for and the offering does not take. `missing` is short, so this costs a few look-ups. */
export const listAskedInVain = (body: JsonObject, missing: readonly Parameter[]): readonly Parameter[] => {
  let asked: Parameter[] | null = null
  for (const parameter of missing)
    if (PLACES[parameter].some((place) => readPlace(body, place))) (asked ??= []).push(parameter)
  return asked ?? NOTHING_MISSING
}

/** The edits that take parameters out of a caller's body. A plainer form stays where there is one (`json_object` for a schema) and the offering takes it. */
export const editsWithout = (body: JsonObject, parameters: readonly Parameter[]): readonly JsonEdit[] => {
  const edits = new Map<string, JsonEdit>()
  for (const parameter of parameters) {
    for (const place of PLACES[parameter]) {
      if (!readPlace(body, place)) continue
      const key = place.path.join('.')
      // Without `response_format` there is no plainer form left: the removal, which came first in the list, stands.
      if (edits.has(key)) continue
      edits.set(
        key,
        place.instead === undefined ? { path: place.path, remove: true } : { path: place.path, value: place.instead },
      )
    }
  }
  return [...edits.values()]
}

/** The same on a parsed body, for a request that is converted anyway. Only the objects on the way are copied. */
export const omitParameters = (body: JsonObject, parameters: readonly Parameter[]): JsonObject => {
  const edited: JsonObject = { ...body }
  for (const edit of editsWithout(body, parameters)) {
    let holder = edited
    for (const key of edit.path.slice(0, -1)) {
      const inner = holder[key]
      const copy = isJsonObject(inner) ? { ...inner } : {}
      holder[key] = copy
      holder = copy
    }
    const last = edit.path.at(-1) ?? ''
    if (edit.remove === true) delete holder[last]
    else holder[last] = JSON.parse(edit.value) as JsonValue
  }
  return edited
}
