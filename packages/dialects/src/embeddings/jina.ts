import type { EmbeddingPurpose } from '@atpar/core/embeddings'
import type { JsonValue } from '@atpar/core/json'
import { asText } from '../fields.ts'
import { decodeError } from '../openai-errors.ts'
import { requireRequest } from '../require-request.ts'
import type { TaskProvider } from '../task-contract.ts'
import { readData, readTokenUsage } from './data.ts'
import { estimateInputs, requireTexts } from './texts.ts'
import { readVector, requireAll } from './vectors.ts'

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
