import { openaiEmbeddingsCaller, openaiEmbeddingsProvider } from './embeddings/openai.ts'
import type { TaskCaller, TaskCallerId, TaskProvider, TaskProviderId } from './task-contract.ts'

export const taskCallers: Readonly<Record<TaskCallerId, TaskCaller>> = {
  'openai-embeddings': openaiEmbeddingsCaller,
}

export const taskProviders: Readonly<Record<TaskProviderId, TaskProvider>> = {
  'openai-embeddings': openaiEmbeddingsProvider,
}
