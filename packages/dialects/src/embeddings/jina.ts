import type { EmbeddingPurpose } from '@atpar/core/embeddings'
import type { JsonValue } from '@atpar/core/json'
import { requireRequest } from '../require-request.ts'
import type { TaskProvider } from '../task-contract.ts'
import { answersInData } from './data.ts'
import { requireTexts } from './texts.ts'

/** Jina's adapters: https://jina.ai/embeddings, "Downstream task". */
const TASKS: Partial<Readonly<Record<EmbeddingPurpose, string>>> = {
  query: 'retrieval.query',
  'question-answering': 'retrieval.query',
  'fact-verification': 'retrieval.query',
  document: 'retrieval.passage',
  similarity: 'text-matching',
  classification: 'classification',
  clustering: 'separation',
}
/** From the fourth generation on there are fewer of them; what the others were for is done by the nearest. */
const LATER_TASKS: typeof TASKS = {
  ...TASKS,
  classification: 'text-matching',
  clustering: 'text-matching',
  'code-query': 'code.query',
}

export const jinaEmbeddings: TaskProvider = {
  id: 'jina-embeddings',
  task: 'embeddings',
  encodeRequest: (task, { upstreamModel }) => {
    const request = requireRequest('embeddings', task)
    const tasks = upstreamModel === 'jina-embeddings-v3' ? TASKS : LATER_TASKS
    const purpose = request.purpose === null ? undefined : tasks[request.purpose]
    return {
      path: '/embeddings',
      json: {
        model: upstreamModel,
        input: requireTexts(request) as JsonValue[],
        ...(purpose === undefined ? {} : { task: purpose }),
        ...(request.dimensions === null ? {} : { dimensions: request.dimensions }),
        ...(request.truncate === null ? {} : { truncate: request.truncate }),
        ...(request.encoding === 'base64' ? { embedding_type: 'base64' } : {}),
      },
      dropped: [
        ...request.unmapped,
        ...(request.user === null ? [] : ['user']),
        ...(request.title === null ? [] : ['title']),
        ...(request.purpose === null || purpose !== undefined ? [] : ['purpose']),
      ],
    }
  },
  ...answersInData,
}
