import { isJsonObject, type JsonObject } from '@atpar/core/json'
import type { ReportedUsage } from '@atpar/core/usage'
import { asObjects, asText } from '../fields.ts'
import { decodeError } from '../openai-errors.ts'
import { requireRequest } from '../require-request.ts'
import type { TaskProvider } from '../task-contract.ts'
import { readCounts } from '../token-counts.ts'
import { estimateInputs } from './texts.ts'
import { readVector, requireAll } from './vectors.ts'

/** `total_tokens` alone is what Voyage and some compatible servers tell. Embeddings have no output, so both figures mean the input. */
export const readTokenUsage = (body: JsonObject): ReportedUsage | null => {
  const usage = isJsonObject(body.usage) ? body.usage : null
  const counts = readCounts(usage, ['prompt_tokens', 'total_tokens'])
  const tokens = counts?.total_tokens ?? counts?.prompt_tokens ?? null
  return tokens === null ? null : { units: { input_uncached: tokens }, raw: usage }
}

/** `data` in the order of the inputs, whatever the order of the answer. */
export const readData = (body: JsonObject): readonly JsonObject[] =>
  asObjects(body.data).toSorted((a, b) => Number(a.index ?? 0) - Number(b.index ?? 0))

/** What answers in OpenAI's shape and is told apart by its requests alone. */
export const answersInData: Pick<TaskProvider, 'decodeAnswer' | 'readOutcome' | 'estimate' | 'decodeError'> = {
  decodeAnswer: (body, task) => ({
    task: 'embeddings',
    vectors: requireAll(
      readData(body).map((item) => readVector(item.embedding)),
      requireRequest('embeddings', task),
    ),
    servedModel: asText(body.model),
    usage: readTokenUsage(body),
  }),
  readOutcome: (body) => ({
    usage: readTokenUsage(body),
    servedModel: asText(body.model),
    hasContent: readData(body).length > 0,
  }),
  estimate: (task) => estimateInputs(requireRequest('embeddings', task)),
  decodeError,
}
