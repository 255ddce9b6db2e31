import { AppError } from '@atpar/core/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@atpar/core/json'
import type { JsonEdit } from '@atpar/core/json-splice'
import { GATEWAY_FIELDS } from '../contract.ts'
import { asObjects, asText, invalidField, requireText } from '../fields.ts'
import { decodeError } from '../openai-errors.ts'
import { requireAnswer, requireRequest } from '../require-request.ts'
import type { TaskCaller, TaskOutcome, TaskProvider } from '../task-contract.ts'
import { boundImageTokens, countBytes, REQUEST_OVERHEAD_BYTES } from '../text-bytes.ts'

/** Nothing but the call itself is counted; no provider reports usage of it. */
const ONE_REQUEST = { units: { requests: 1 }, raw: null } as const

interface Input {
  readonly count: number
  readonly textBytes: number
  readonly images: number
}

/** A string, a list of strings, or parts of which text and pictures are known. */
const readInput = ({ input }: JsonObject): Input => {
  if (typeof input === 'string') return { count: 1, textBytes: countBytes(input), images: 0 }
  if (!Array.isArray(input) || input.length === 0)
    throw invalidField('input', 'is required: a string, an array of strings, or an array of parts.')
  let textBytes = 0
  let images = 0
  for (const [index, item] of input.entries()) {
    const text = textOf(item)
    if (text === null) throw invalidField(`input[${index}]`, 'must be a string, a text part or an image_url part.')
    if (isJsonObject(item) && item.type === 'image_url') images += 1
    textBytes += countBytes(text)
  }
  return { count: input.length, textBytes, images }
}

const textOf = (item: JsonValue): string | null => {
  if (typeof item === 'string') return item
  if (!isJsonObject(item)) return null
  return item.type === 'text' ? asText(item.text) : item.type === 'image_url' ? '' : null
}

/** https://platform.openai.com/docs/api-reference/moderations/create */
export const openaiModerationsCaller: TaskCaller = {
  id: 'openai-moderations',
  task: 'moderation',
  readFacts: (body) => {
    const { count, textBytes, images } = readInput(body)
    const model = requireText(body, 'model')
    return {
      model,
      stream: false,
      wantsUsage: true,
      maxOutputTokens: 0,
      choices: 1,
      textBytes: REQUEST_OVERHEAD_BYTES + textBytes,
      mediaTokens: images * boundImageTokens(model),
      reasoningTokens: null,
      sessionKey: null,
      usesTools: false,
      inputs: count,
    }
  },
  decodeRequest: (body) => ({
    task: 'moderation',
    model: requireText(body, 'model'),
    fields: Object.fromEntries(
      Object.entries(body).filter(([name]) => name !== 'model' && !GATEWAY_FIELDS.some((field) => field === name)),
    ),
  }),
  encodeAnswer: (answer, facts) => ({
    id: facts.generationId,
    model: facts.model,
    results: [...requireAnswer('moderation', answer).results],
  }),
  // The answer has no usage to put a price into.
  costEdits: () => [],
}

const readOutcome = (body: JsonObject): TaskOutcome => ({
  usage: ONE_REQUEST,
  servedModel: asText(body.model),
  hasContent: asObjects(body.results).length > 0,
})

export const openaiModerationsProvider: TaskProvider = {
  id: 'openai-moderations',
  task: 'moderation',
  encodeRequest: (task, { upstreamModel }) => ({
    path: '/moderations',
    json: { ...requireRequest('moderation', task).fields, model: upstreamModel },
    dropped: [],
  }),
  passThrough: (body, { upstreamModel }) => {
    const edits: JsonEdit[] = [{ path: ['model'], value: JSON.stringify(upstreamModel) }]
    for (const field of GATEWAY_FIELDS) if (body[field] !== undefined) edits.push({ path: [field], remove: true })
    return { path: '/moderations', edits }
  },
  decodeAnswer: (body) => {
    const results = asObjects(body.results)
    if (results.length === 0) throw new AppError('upstream_malformed')
    return { task: 'moderation', servedModel: asText(body.model), results, usage: ONE_REQUEST }
  },
  readOutcome,
  estimate: () => ({ text: '', units: ONE_REQUEST.units }),
  decodeError,
}
