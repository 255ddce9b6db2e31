import type { EmbeddingPurpose } from '@atpar/core/embeddings'
import type { JsonValue } from '@atpar/core/json'
import { asText } from '../fields.ts'
import { decodeError } from '../openai-errors.ts'
import { requireRequest } from '../require-request.ts'
import type { TaskProvider } from '../task-contract.ts'
import { readData, readTokenUsage } from './data.ts'
import { estimateInputs, requireTexts } from './texts.ts'
import { readVector, requireAll } from './vectors.ts'

/** Voyage knows these two and "neither": https://docs.voyageai.com/reference/embeddings-api */
const INPUT_TYPES: Partial<Readonly<Record<EmbeddingPurpose, string>>> = { query: 'query', document: 'document' }

export const voyageEmbeddings: TaskProvider = {
  id: 'voyage-embeddings',
  task: 'embeddings',
  encodeRequest: (task, { upstreamModel }) => {
    const request = requireRequest('embeddings', task)
    const inputType = request.purpose === null ? undefined : INPUT_TYPES[request.purpose]
    return {
      path: '/embeddings',
      json: {
        model: upstreamModel,
        input: requireTexts(request) as JsonValue[],
        ...(inputType === undefined ? {} : { input_type: inputType }),
        ...(request.truncate === null ? {} : { truncation: request.truncate }),
        ...(request.dimensions === null ? {} : { output_dimension: request.dimensions }),
        ...(request.encoding === 'base64' ? { encoding_format: 'base64' } : {}),
      },
      dropped: [
        ...request.unmapped,
        ...(request.user === null ? [] : ['user']),
        ...(request.title === null ? [] : ['title']),
        ...(request.purpose === null || inputType !== undefined ? [] : ['purpose']),
      ],
    }
  },
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
