import type { EmbeddingsAnswer, EmbeddingsRequest } from './embeddings.ts'
import type { ModerationAnswer, ModerationRequest } from './moderation.ts'
import type { RerankAnswer, RerankRequest } from './rerank.ts'

/** The neutral forms of what is no chat; `task` tells them apart. */
export type TaskRequest = EmbeddingsRequest | RerankRequest | ModerationRequest
export type TaskAnswer = EmbeddingsAnswer | RerankAnswer | ModerationAnswer

/** The neutral request and answer of one task. */
export type RequestOf<Name extends TaskRequest['task']> = Extract<TaskRequest, { readonly task: Name }>
export type AnswerOf<Name extends TaskRequest['task']> = Extract<TaskAnswer, { readonly task: Name }>
