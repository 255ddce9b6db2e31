import type { ReportedUsage } from './usage.ts'

/**
 * The neutral chat model: what every wire format is decoded to and encoded from, so N callers × M providers cost N + M folders.
 * Only what at least two formats can express is here; what one alone has stays inside its bytes (same dialect on both sides never comes here).
 */

export type Role = 'system' | 'user' | 'assistant' | 'tool'

/** Where an image, sound or file comes from. */
export type MediaSource =
  | { readonly kind: 'base64'; readonly mediaType: string; readonly data: string }
  | { readonly kind: 'url'; readonly url: string; readonly mediaType: string | null }

/** 5 minutes or 1 hour: how long the caller wants everything up to here cached. */
export type CacheHint = '5m' | '1h'

export type ContentPart =
  | { readonly type: 'text'; readonly text: string; readonly cache?: CacheHint }
  | {
      readonly type: 'image'
      readonly source: MediaSource
      readonly detail?: 'low' | 'high' | 'auto'
      readonly cache?: CacheHint
    }
  | { readonly type: 'audio'; readonly source: MediaSource }
  | {
      readonly type: 'file'
      readonly source: MediaSource
      readonly name: string | null
      readonly cache?: CacheHint
    }
  | {
      readonly type: 'tool-call'
      readonly id: string
      readonly name: string
      readonly argumentsJson: string
      readonly signature?: ProviderSignature
    }
  | {
      readonly type: 'tool-result'
      readonly toolCallId: string
      readonly toolName: string | null
      readonly content: readonly ContentPart[]
      readonly isError: boolean
      readonly cache?: CacheHint
    }
  /** Signatures are only valid at the provider format that made them and are stripped when the attempt goes elsewhere. */
  | {
      readonly type: 'thinking'
      readonly text: string
      readonly signature: ProviderSignature | null
      readonly redacted?: boolean
    }
  | { readonly type: 'refusal'; readonly text: string }

export interface ProviderSignature {
  readonly dialect: string
  readonly value: string
}

export interface Message {
  readonly role: Role
  readonly content: readonly ContentPart[]
  readonly name?: string
}

export interface ToolDefinition {
  readonly name: string
  readonly description: string | null
  /** JSON Schema of the arguments. */
  readonly parameters: unknown
  readonly strict?: boolean
  readonly cache?: CacheHint
}

export type ToolChoice =
  | { readonly kind: 'auto' }
  | { readonly kind: 'none' }
  | { readonly kind: 'required' }
  | { readonly kind: 'tool'; readonly name: string }

export type ResponseFormat =
  | { readonly kind: 'text' }
  | { readonly kind: 'json' }
  | {
      readonly kind: 'json-schema'
      readonly name: string
      readonly schema: unknown
      readonly strict: boolean
      readonly description?: string
    }

export interface Reasoning {
  readonly effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh'
  readonly budgetTokens?: number
}

export interface ChatRequest {
  readonly model: string
  readonly messages: readonly Message[]
  readonly tools: readonly ToolDefinition[]
  readonly toolChoice: ToolChoice | null
  readonly parallelToolCalls: boolean | null
  readonly responseFormat: ResponseFormat | null
  readonly reasoning: Reasoning | null
  readonly maxOutputTokens: number | null
  readonly temperature: number | null
  readonly topP: number | null
  readonly topK: number | null
  readonly frequencyPenalty: number | null
  readonly presencePenalty: number | null
  readonly seed: number | null
  readonly stop: readonly string[]
  readonly choices: number
  readonly logprobs: number | null
  readonly stream: boolean
  readonly user: string | null
  readonly metadata: Readonly<Record<string, string>> | null
  readonly serviceTier: string | null
  /** Names of what the caller sent that this model cannot hold: every encoder reports them as dropped, so nothing vanishes silently. */
  readonly unmapped: readonly string[]
  /**
   * What only a provider of the caller's own format can carry out (tools it runs itself, answers it keeps) and what must not be left out:
   * the request cannot be converted. Absent = nothing.
   */
  readonly untranslatable?: readonly string[]
}

export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'refusal' | 'error'

export interface ChatChoice {
  readonly index: number
  readonly content: readonly ContentPart[]
  readonly finishReason: FinishReason | null
}

export interface ChatResponse {
  readonly providerId: string | null
  readonly servedModel: string | null
  readonly choices: readonly ChatChoice[]
  readonly usage: ReportedUsage | null
  readonly serviceTier: string | null
}

/** One step of a streamed answer. `index` is the choice; `callIndex` counts tool calls of a choice from 0, dense and in order. */
export type ChatChunk =
  | { readonly type: 'start'; readonly providerId: string | null; readonly servedModel: string | null }
  | { readonly type: 'text-delta'; readonly index: number; readonly text: string }
  | { readonly type: 'thinking-delta'; readonly index: number; readonly text: string }
  /** Closes the thinking before it; with `redacted` it is a block of its own whose text only the provider can read. */
  | {
      readonly type: 'thinking-signature'
      readonly index: number
      readonly signature: ProviderSignature
      readonly redacted?: boolean
    }
  | { readonly type: 'refusal-delta'; readonly index: number; readonly text: string }
  | {
      readonly type: 'tool-call-start'
      readonly index: number
      readonly callIndex: number
      readonly id: string
      readonly name: string
      readonly signature?: ProviderSignature
    }
  | {
      readonly type: 'tool-call-delta'
      readonly index: number
      readonly callIndex: number
      readonly argumentsJson: string
    }
  | { readonly type: 'finish'; readonly index: number; readonly reason: FinishReason }
  /** Replaces what was reported before: providers send running totals. `final` marks the count the provider will bill. */
  | { readonly type: 'usage'; readonly usage: ReportedUsage; readonly final: boolean }
  /** An error inside a 200 stream, in the provider's words, masked. */
  | { readonly type: 'error'; readonly code: string | null; readonly message: string }

/** A chunk after which the caller has seen content, so that no other attempt may take over. */
export const carriesContent = (chunk: ChatChunk): boolean =>
  chunk.type === 'text-delta' || chunk.type === 'thinking-delta' || chunk.type === 'refusal-delta'
    ? chunk.text !== ''
    : chunk.type === 'tool-call-start' || chunk.type === 'tool-call-delta'
