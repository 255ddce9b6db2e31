import type { ReportedUsage } from './usage.ts'

export interface RerankRequest {
  readonly task: 'rerank'
  readonly model: string
  readonly query: string
  readonly documents: readonly string[]
  /** How many results are wanted; null = all. */
  readonly topN: number | null
  /** Tokens of each document that are read; null = the provider's default. */
  readonly maxTokensPerDocument: number | null
  readonly truncate: boolean | null
  /** Names of what the caller sent that this model cannot hold. */
  readonly unmapped: readonly string[]
}

export interface RerankResult {
  /** Place in the request's documents. */
  readonly index: number
  readonly score: number
}

export interface RerankAnswer {
  readonly task: 'rerank'
  readonly providerId: string | null
  readonly servedModel: string | null
  /** Best first. */
  readonly results: readonly RerankResult[]
  readonly usage: ReportedUsage | null
}
