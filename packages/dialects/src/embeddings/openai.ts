import type { EmbeddingInput, EmbeddingPurpose, EmbeddingsRequest } from '@atpar/core/embeddings'
import { AppError } from '@atpar/core/errors'
import { exactNumber, type JsonObject, type JsonValue } from '@atpar/core/json'
import type { JsonEdit } from '@atpar/core/json-splice'
import { countInputTokens } from '@atpar/core/usage'
import { GATEWAY_FIELDS } from '../contract.ts'
import { asText, invalidField, listUnmapped, readFlag, readPositive, readText, requireText } from '../fields.ts'
import { decodeError } from '../openai-errors.ts'
import { requireAnswer, requireRequest } from '../require-request.ts'
import type { TaskCaller, TaskProvider } from '../task-contract.ts'
import { countBytes, REQUEST_OVERHEAD_BYTES } from '../text-bytes.ts'
import { readData, readTokenUsage } from './data.ts'
import { estimateInputs } from './texts.ts'
import { readVector, requireAll, writeVector } from './vectors.ts'

/** https://platform.openai.com/docs/api-reference/embeddings/create: at most 2,048 inputs, at most 300,000 tokens among them. */
const MAX_INPUTS = 2_048
const MAX_TOKENS = 300_000
/** What models put around each text: a mark where it begins and one where it ends. */
const INPUT_OVERHEAD_BYTES = 4

const PURPOSES: Readonly<Record<string, EmbeddingPurpose>> = {
  query: 'query',
  search_query: 'query',
  document: 'document',
  passage: 'document',
  search_document: 'document',
  classification: 'classification',
  clustering: 'clustering',
  similarity: 'similarity',
}

const KNOWN = new Set(['model', 'input', 'encoding_format', 'dimensions', 'user', 'input_type', ...GATEWAY_FIELDS])

/** A string, a list of strings, one list of tokens, or a list of such lists. */
const readInputs = (body: JsonObject): readonly EmbeddingInput[] => {
  const { input } = body
  if (typeof input === 'string') return [{ kind: 'text', text: input }]
  if (!Array.isArray(input) || input.length === 0)
    throw invalidField('input', 'is required: a string, an array of strings, or arrays of tokens.')
  if (typeof input[0] === 'number') return [readTokens(input, 'input')]
  if (input.length > MAX_INPUTS)
    throw invalidField('input', `has ${input.length} items; at most ${MAX_INPUTS} fit one request.`)
  const inputs = input.map((item, index): EmbeddingInput => {
    if (typeof item === 'string') return { kind: 'text', text: item }
    if (Array.isArray(item)) return readTokens(item, `input[${index}]`)
    throw invalidField(`input[${index}]`, 'must be a string or an array of tokens.')
  })
  refuseTooMany(inputs.reduce((sum, each) => sum + (each.kind === 'tokens' ? each.tokens.length : 0), 0))
  return inputs
}

const readTokens = (list: readonly JsonValue[], at: string): EmbeddingInput => {
  refuseTooMany(list.length)
  if (list.length === 0 || !list.every((token) => Number.isSafeInteger(token)))
    throw invalidField(at, 'must be an array of tokens: whole numbers, at least one.')
  return { kind: 'tokens', tokens: list as number[] }
}

const refuseTooMany = (tokens: number): void => {
  if (tokens <= MAX_TOKENS) return
  throw new AppError('body_too_large', {
    param: 'input',
    message: `The input holds ${tokens} tokens; at most ${MAX_TOKENS} fit one request. Send it in several.`,
  })
}

const readPurpose = (body: JsonObject): EmbeddingPurpose | null => PURPOSES[readText(body, 'input_type') ?? ''] ?? null

const readEncoding = (body: JsonObject): EmbeddingsRequest['encoding'] => {
  const format = readText(body, 'encoding_format') ?? 'float'
  if (format === 'float' || format === 'base64') return format
  throw invalidField('encoding_format', 'must be "float" or "base64".')
}

const decodeRequest = (body: JsonObject): EmbeddingsRequest => ({
  task: 'embeddings',
  model: requireText(body, 'model'),
  inputs: readInputs(body),
  purpose: readPurpose(body),
  dimensions: readPositive(body, 'dimensions'),
  encoding: readEncoding(body),
  truncate: null,
  title: null,
  user: readText(body, 'user'),
  unmapped: [
    ...listUnmapped(body, KNOWN),
    ...(readText(body, 'input_type') !== null && readPurpose(body) === null ? ['input_type'] : []),
  ],
})

/** OpenAI's format, and what most others took over: https://platform.openai.com/docs/api-reference/embeddings */
export const openaiEmbeddingsCaller: TaskCaller = {
  id: 'openai-embeddings',
  task: 'embeddings',
  readFacts: (body) => {
    const inputs = readInputs(body)
    readEncoding(body)
    readPositive(body, 'dimensions')
    if (readFlag(body, 'stream') === true) throw invalidField('stream', 'is not offered for embeddings.')
    let textBytes = REQUEST_OVERHEAD_BYTES
    for (const input of inputs)
      textBytes += INPUT_OVERHEAD_BYTES + (input.kind === 'text' ? countBytes(input.text) : input.tokens.length)
    return {
      model: requireText(body, 'model'),
      stream: false,
      wantsUsage: true,
      maxOutputTokens: 0,
      choices: 1,
      textBytes,
      mediaTokens: 0,
      reasoningTokens: null,
      sessionKey: null,
      usesTools: false,
      inputs: inputs.length,
    }
  },
  decodeRequest,
  encodeAnswer: (answer, facts) => {
    const { vectors, usage } = requireAnswer('embeddings', answer)
    const encoding = readEncoding(facts.body)
    const tokens = usage === null ? 0 : countInputTokens(usage.units)
    return {
      object: 'list',
      data: vectors.map((vector, index) => ({ object: 'embedding', index, embedding: writeVector(vector, encoding) })),
      model: facts.model,
      usage: {
        prompt_tokens: tokens,
        total_tokens: tokens,
        ...(facts.costUsd === null ? {} : { cost: exactNumber(facts.costUsd) }),
      },
    }
  },
  costEdits: (costUsd) => [{ path: ['usage', 'cost'], value: costUsd }],
}

/** ada-002 answers as "text-embedding-ada-002-v2", a name that can be neither asked for nor found on the price list. */
const servedModelOf = (body: JsonObject): string | null =>
  asText(body.model)?.replace(/^(.*-ada-002)-v2$/, '$1') ?? null

export const openaiEmbeddingsProvider: TaskProvider = {
  id: 'openai-embeddings',
  task: 'embeddings',
  encodeRequest: (task, { upstreamModel }) => {
    const request = requireRequest('embeddings', task)
    const inputs = request.inputs.map((input): JsonValue => (input.kind === 'text' ? input.text : [...input.tokens]))
    return {
      path: '/embeddings',
      json: {
        model: upstreamModel,
        input: inputs,
        encoding_format: request.encoding,
        ...(request.dimensions === null ? {} : { dimensions: request.dimensions }),
        ...(request.user === null ? {} : { user: request.user }),
      },
      dropped: [
        ...request.unmapped,
        ...(request.purpose === null ? [] : ['purpose']),
        ...(request.title === null ? [] : ['title']),
      ],
    }
  },
  passThrough: (body, { upstreamModel }) => {
    const edits: JsonEdit[] = []
    if (body.model !== upstreamModel) edits.push({ path: ['model'], value: JSON.stringify(upstreamModel) })
    for (const field of GATEWAY_FIELDS) if (body[field] !== undefined) edits.push({ path: [field], remove: true })
    return { path: '/embeddings', edits }
  },
  decodeAnswer: (body, task) => ({
    task: 'embeddings',
    vectors: requireAll(
      readData(body).map((item) => readVector(item.embedding)),
      requireRequest('embeddings', task),
    ),
    servedModel: servedModelOf(body),
    usage: readTokenUsage(body),
  }),
  readOutcome: (body) => ({
    usage: readTokenUsage(body),
    servedModel: servedModelOf(body),
    hasContent: Array.isArray(body.data) && body.data.length > 0,
  }),
  estimate: (task) => estimateInputs(requireRequest('embeddings', task)),
  decodeError,
}
