import type { EmbeddingPurpose, EmbeddingsRequest } from '@atpar/core/embeddings'
import { isJsonObject, type JsonObject, type JsonValue } from '@atpar/core/json'
import type { JsonEdit } from '@atpar/core/json-splice'
import { countInputTokens, type ReportedUsage } from '@atpar/core/usage'
import { GATEWAY_FIELDS, HEEDED_FIELDS } from '../contract.ts'
import {
  asObject,
  asObjects,
  asText,
  invalidField,
  listUnmapped,
  readFlag,
  readObject,
  readPositive,
  readText,
  requireList,
  requireObject,
  requireText,
  unsupportedField,
} from '../fields.ts'
import { decodeError } from '../google-problem.ts'
import { requireAnswer, requireRequest } from '../require-request.ts'
import type { TaskCaller, TaskProvider } from '../task-contract.ts'
import { countBytes, REQUEST_OVERHEAD_BYTES } from '../text-bytes.ts'
import { readCounts } from '../token-counts.ts'
import { estimateInputs, requireTexts } from './texts.ts'
import { readVector, requireAll, writeVector } from './vectors.ts'

/** https://ai.google.dev/api/embeddings#v1beta.TaskType */
const PURPOSES: Readonly<Record<string, EmbeddingPurpose>> = {
  RETRIEVAL_QUERY: 'query',
  RETRIEVAL_DOCUMENT: 'document',
  SEMANTIC_SIMILARITY: 'similarity',
  CLASSIFICATION: 'classification',
  CLUSTERING: 'clustering',
  QUESTION_ANSWERING: 'question-answering',
  FACT_VERIFICATION: 'fact-verification',
  CODE_RETRIEVAL_QUERY: 'code-query',
}
const TASK_TYPES = Object.fromEntries(Object.entries(PURPOSES).map(([name, purpose]) => [purpose, name]))

/** More than one text goes by a method of its own, with a list of what the other takes one of. */
const MAX_INPUTS = 100
const INPUT_OVERHEAD_BYTES = 4

const isBatch = (body: JsonObject): boolean => body.requests !== undefined

const requestsOf = (body: JsonObject): readonly JsonObject[] => {
  if (!isBatch(body)) return [body]
  const list = requireList(body, 'requests')
  if (list.length > MAX_INPUTS)
    throw invalidField('requests', `has ${list.length} items; at most ${MAX_INPUTS} fit one request.`)
  return list.map((item, index) => requireObject(item, `requests[${index}]`))
}

/** Both spellings of Google's JSON. */
const either = (object: JsonObject, camel: string, snake: string): string =>
  object[camel] === undefined ? snake : camel

/** The text of one content; the other kinds of parts are passed on only where the provider speaks this format. */
const readTextOf = (request: JsonObject, at: string): { readonly text: string; readonly hasMedia: boolean } => {
  const content = readObject(request, 'content', at)
  if (content === null) throw invalidField(`${at}content`, 'is required and must be an object.')
  const parts = asObjects(content.parts)
  if (parts.length === 0) throw invalidField(`${at}content.parts`, 'is required and must be a non-empty array.')
  return {
    text: parts.map((part) => asText(part.text) ?? '').join(''),
    hasMedia: parts.some((part) => part.text === undefined),
  }
}

/** What is said of a text beside it, in the order of `WISHES`. */
const wishesOf = (request: JsonObject): readonly (JsonValue | undefined)[] =>
  WISHES.map(([camel, snake]) => request[camel] ?? request[snake])

const WISHES = [
  ['taskType', 'task_type'],
  ['outputDimensionality', 'output_dimensionality'],
  ['autoTruncate', 'auto_truncate'],
  ['title', 'title'],
] as const

const KNOWN = new Set([...HEEDED_FIELDS, ...WISHES.flat(), 'model', 'content', 'requests', 'stream'])

/** Elsewhere one wish is made for all texts of a request. */
const requireOneWish = (requests: readonly JsonObject[]): void => {
  const [first, ...others] = requests.map((request) => JSON.stringify(wishesOf(request)))
  const differs = others.findIndex((wishes) => wishes !== first)
  if (differs >= 0)
    throw unsupportedField(
      `requests[${differs + 1}]`,
      'asks for another taskType, title or outputDimensionality than the first, which this model takes for all texts of a request alike. Send them apart.',
    )
}

const decodeRequest = (body: JsonObject): EmbeddingsRequest => {
  const requests = requestsOf(body)
  const first = requests[0] ?? body
  requireOneWish(requests)
  const unmapped = new Set([body, ...requests].flatMap((each) => listUnmapped(each, KNOWN)))
  const read = requests.map((request, index) => readTextOf(request, isBatch(body) ? `requests[${index}].` : ''))
  const purpose = readText(first, either(first, 'taskType', 'task_type'))
  return {
    task: 'embeddings',
    model: requireText(body, 'model'),
    inputs: read.map(({ text }) => ({ kind: 'text', text })),
    purpose: readPurpose(purpose),
    dimensions: readPositive(first, either(first, 'outputDimensionality', 'output_dimensionality')),
    encoding: 'float',
    truncate: readFlag(first, either(first, 'autoTruncate', 'auto_truncate')),
    title: readText(first, 'title'),
    user: null,
    unmapped: [...unmapped, ...(read.some(({ hasMedia }) => hasMedia) ? ['content.parts'] : [])],
  }
}

const readPurpose = (name: string | null): EmbeddingPurpose | null => {
  if (name === null || name === 'TASK_TYPE_UNSPECIFIED') return null
  const purpose = PURPOSES[name]
  if (purpose === undefined)
    throw invalidField('taskType', `is "${name.slice(0, 60)}"; it must be one of ${Object.keys(PURPOSES).join(', ')}.`)
  return purpose
}

/** Gemini's `:embedContent` and `:batchEmbedContents`; the body's shape says which. The model is in the URL. */
export const geminiEmbeddingsCaller: TaskCaller = {
  id: 'gemini-embeddings',
  task: 'embeddings',
  readFacts: (body) => {
    const requests = requestsOf(body)
    let textBytes = REQUEST_OVERHEAD_BYTES
    let hasMedia = false
    for (const [index, request] of requests.entries()) {
      const read = readTextOf(request, isBatch(body) ? `requests[${index}].` : '')
      textBytes += INPUT_OVERHEAD_BYTES + countBytes(read.text) + countBytes(readText(request, 'title') ?? '')
      hasMedia ||= read.hasMedia
    }
    return {
      model: requireText(body, 'model'),
      stream: false,
      wantsUsage: true,
      maxOutputTokens: 0,
      choices: 1,
      textBytes,
      mediaTokens: hasMedia ? null : 0,
      reasoningTokens: null,
      sessionKey: null,
      usesTools: false,
      inputs: requests.length,
    }
  },
  decodeRequest,
  encodeAnswer: (answer, { body }) => {
    const { vectors, usage } = requireAnswer('embeddings', answer)
    const embeddings = vectors.map((vector) => ({ values: writeVector(vector, 'float') }))
    const told = usage === null ? {} : { usageMetadata: { promptTokenCount: countInputTokens(usage.units) } }
    return isBatch(body) ? { embeddings, ...told } : { embedding: embeddings[0] ?? null, ...told }
  },
  // Google's format has no place for a price.
  costEdits: () => [],
}

/** Told by the newer models only: https://ai.google.dev/api/embeddings#EmbedContentResponse */
const readUsage = (body: JsonObject): ReportedUsage | null => {
  const usage = asObject(body.usageMetadata)
  const counts = readCounts(usage, ['promptTokenCount', 'totalTokenCount'])
  const tokens = counts?.promptTokenCount ?? counts?.totalTokenCount ?? null
  return tokens === null ? null : { units: { input_uncached: tokens }, raw: usage }
}

const embeddingsOf = (body: JsonObject): readonly JsonObject[] =>
  isJsonObject(body.embedding) ? [body.embedding] : asObjects(body.embeddings)

const pathOf = (model: string, batch: boolean): string =>
  `/models/${encodeURIComponent(model)}:${batch ? 'batchEmbedContents' : 'embedContent'}`

export const geminiEmbeddingsProvider: TaskProvider = {
  id: 'gemini-embeddings',
  task: 'embeddings',
  encodeRequest: (task, { upstreamModel }) => {
    const request = requireRequest('embeddings', task)
    const model = `models/${upstreamModel}`
    const requests = requireTexts(request).map((text): JsonObject => ({
      model,
      content: { parts: [{ text }] },
      ...(request.purpose === null ? {} : { taskType: TASK_TYPES[request.purpose] ?? null }),
      ...(request.title === null ? {} : { title: request.title }),
      ...(request.dimensions === null ? {} : { outputDimensionality: request.dimensions }),
    }))
    const [only] = requests
    return {
      path: pathOf(upstreamModel, requests.length > 1),
      json: requests.length === 1 && only !== undefined ? only : { requests },
      dropped: [
        ...request.unmapped,
        ...(request.user === null ? [] : ['user']),
        ...(request.truncate === null ? [] : ['truncate']),
      ],
    }
  },
  passThrough: (body, { upstreamModel }) => {
    const model = `models/${upstreamModel}`
    const path = pathOf(upstreamModel, isBatch(body))
    // Edits of bytes name members of objects, and here the model stands in each item of a list.
    if (isBatch(body)) return { path, json: { requests: requestsOf(body).map((request) => ({ ...request, model })) } }
    const edits: JsonEdit[] = [{ path: ['model'], value: JSON.stringify(model) }]
    for (const field of [...GATEWAY_FIELDS, 'stream'])
      if (body[field] !== undefined) edits.push({ path: [field], remove: true })
    return { path, edits }
  },
  decodeAnswer: (body, task) => ({
    task: 'embeddings',
    vectors: requireAll(
      embeddingsOf(body).map((embedding) => readVector(embedding.values)),
      requireRequest('embeddings', task),
    ),
    servedModel: null,
    usage: readUsage(body),
  }),
  readOutcome: (body) => ({ usage: readUsage(body), servedModel: null, hasContent: embeddingsOf(body).length > 0 }),
  estimate: (task) => estimateInputs(requireRequest('embeddings', task)),
  decodeError,
}
