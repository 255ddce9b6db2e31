import { cohereEmbed } from './embeddings/cohere.ts'
import { geminiEmbeddingsCaller, geminiEmbeddingsProvider } from './embeddings/gemini.ts'
import { jinaEmbeddings } from './embeddings/jina.ts'
import { openaiEmbeddingsCaller, openaiEmbeddingsProvider } from './embeddings/openai.ts'
import { voyageEmbeddings } from './embeddings/voyage.ts'
import { openaiModerationsCaller, openaiModerationsProvider } from './moderation/openai.ts'
import { jinaRerank, voyageRerank } from './rerank/by-token.ts'
import { cohereRerank } from './rerank/cohere.ts'
import { rerankCaller } from './rerank/field.ts'
import type { TaskCaller, TaskCallerId, TaskProvider, TaskProviderId } from './task-contract.ts'

export const taskCallers: Readonly<Record<TaskCallerId, TaskCaller>> = {
  'openai-embeddings': openaiEmbeddingsCaller,
  'gemini-embeddings': geminiEmbeddingsCaller,
  rerank: rerankCaller,
  'openai-moderations': openaiModerationsCaller,
}

export const taskProviders: Readonly<Record<TaskProviderId, TaskProvider>> = {
  'openai-embeddings': openaiEmbeddingsProvider,
  'gemini-embeddings': geminiEmbeddingsProvider,
  'cohere-embed': cohereEmbed,
  'voyage-embeddings': voyageEmbeddings,
  'jina-embeddings': jinaEmbeddings,
  'cohere-rerank': cohereRerank,
  'voyage-rerank': voyageRerank,
  'jina-rerank': jinaRerank,
  'openai-moderations': openaiModerationsProvider,
}
