import type { ReportedUsage } from './usage.ts'

/** One thing to be turned into a vector: text, or text that was already cut into a model's tokens. */
export type EmbeddingInput =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tokens'; readonly tokens: readonly number[] }

/** What the vectors are for. Models that ask for it make different ones for a question and for what may answer it. */
export type EmbeddingPurpose =
  | 'query'
  | 'document'
  | 'similarity'
  | 'classification'
  | 'clustering'
  | 'question-answering'
  | 'fact-verification'
  | 'code-query'

export interface EmbeddingsRequest {
  readonly task: 'embeddings'
  readonly model: string
  readonly inputs: readonly EmbeddingInput[]
  readonly purpose: EmbeddingPurpose | null
  readonly dimensions: number | null
  readonly encoding: 'float' | 'base64'
  /** What to do with an input longer than the model reads: shorten it, or refuse it. Null = the provider's default. */
  readonly truncate: boolean | null
  readonly title: string | null
  readonly user: string | null
  /** Names of what the caller sent that this model cannot hold. */
  readonly unmapped: readonly string[]
}

/** Base64 is of little-endian 32-bit floats, as every provider that offers it makes it. */
export type EmbeddingVector =
  | { readonly kind: 'floats'; readonly values: readonly number[] }
  | { readonly kind: 'base64'; readonly data: string }

export interface EmbeddingsAnswer {
  readonly task: 'embeddings'
  /** One for each input, in its order. */
  readonly vectors: readonly EmbeddingVector[]
  readonly servedModel: string | null
  readonly usage: ReportedUsage | null
}
