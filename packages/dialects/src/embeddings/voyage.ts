import type { EmbeddingPurpose } from '@atpar/core/embeddings'
import type { JsonValue } from '@atpar/core/json'
import { requireRequest } from '../require-request.ts'
import type { TaskProvider } from '../task-contract.ts'
import { answersInData } from './data.ts'
import { requireTexts } from './texts.ts'

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
  ...answersInData,
}
