import type { AppError, ErrorCode } from '@atpar/core/errors'
import type { ChatChunk, ChatRequest, ChatResponse } from '@atpar/core/chat'
import type { JsonObject } from '@atpar/core/json'
import type { JsonEdit } from '@atpar/core/json-splice'
import type { SseEvent } from '@atpar/core/sse'
import type { StreamFraming } from '@atpar/core/stream-framing'
import type { ReportedUsage, UsageUnits } from '@atpar/core/usage'

/** The wire formats of chat a caller may speak. */
export type CallerDialectId = 'openai-chat' | 'openai-responses' | 'anthropic-messages' | 'gemini'

/** The wire formats of chat a provider may speak: those of callers, and what only providers do. */
export type ProviderDialectId = CallerDialectId | 'bedrock-converse' | 'cohere' | 'ollama'

/** The older form of chat: callers may speak it to every model, providers are spoken to in it for models that know nothing else. */
export type CompletionsDialectId = 'openai-completions'

/**
 * What a request may ask of an account of the caller's own and of no other: something stored there (an account of ours is shared by many
 * organizations, so an id may be a stranger's), what an answer does not count and so nobody could bill, or searches, which only some have a price for.
 */
export interface Reserved {
  readonly param: string
  readonly why: 'stored' | 'unmetered' | 'searches'
}

/** What routing, limits and metering need to know of a request, read without converting it. */
export interface RequestFacts {
  readonly model: string
  readonly stream: boolean
  /** The caller asked to see a usage chunk (always true where the format has no such switch). */
  readonly wantsUsage: boolean
  /** The caller's own output limit, null when it set none. */
  readonly maxOutputTokens: number | null
  /** Answers asked for (`n`): the output bound is multiplied by it. */
  readonly choices: number
  /** Bytes of text the model will read: an upper bound of text tokens (at most one token per byte). */
  readonly textBytes: number
  /** Upper bound of tokens of images, audio and files by the provider's formulas; null when the body does not bound them. */
  readonly mediaTokens: number | null
  /** Only for a stated reason do we hold an answer bigger than the model's usual one: thinking budgets. */
  readonly reasoningTokens: number | null
  readonly sessionKey: string | null
  readonly usesTools: boolean
  /** Ids of what a provider keeps and this request goes on from: whoever keeps it is the only one that can serve. Absent = none. */
  readonly continues?: readonly string[]
  /** Absent = nothing. */
  readonly reserved?: readonly Reserved[]
  /** How many texts are read apart from each other, each up to the model's context; 1 when absent. */
  readonly inputs?: number
  /** Upper bounds of what is counted in anything but tokens (characters, seconds, searches, requests); nothing when absent. */
  readonly units?: UsageUnits
}

/** What we add to an answer. `costUsd` is decimal text made from BigInt. */
export interface ReplyFacts {
  readonly generationId: string
  readonly model: string
  readonly createdAtMs: number
  readonly costUsd: string | null
  /** The caller's own request, for formats whose answers repeat it. */
  readonly request?: JsonObject
}

export interface StreamFacts extends ReplyFacts {
  readonly wantsUsage: boolean
  /** Events the caller has seen already, of a stream that was passed on and is now to end in our words; none when absent. */
  readonly eventsSeen?: number
}

/** Turns neutral chunks into the caller's stream. Text out is complete SSE (or empty). */
export interface StreamEncoder {
  push(chunk: ChatChunk): string
  /** After the last chunk; `costUsd` is known by then. */
  end(facts: { readonly costUsd: string | null }): string
  /** The typed in-band error that ends a stream in this format. */
  fail(error: AppError): string
}

/** Wishes of OpenRouter's vocabulary that nobody grants here: no provider may see them, and the caller is told that they were left out. */
export const UNGRANTED_FIELDS = ['transforms', 'plugins'] as const

/** Body fields of ours that no provider may see: with `model`, `usage` and the output limit, the closed list of edits of a passed-through request. */
const GRANTED_FIELDS = ['models', 'provider', 'route', 'session_id', 'usage'] as const
export const GATEWAY_FIELDS = [...GRANTED_FIELDS, ...UNGRANTED_FIELDS] as const

/** Those that a decoder need not name: they are heeded before it runs. */
export const HEEDED_FIELDS: readonly string[] = GRANTED_FIELDS

/** The caller's side of a wire format. */
export interface CallerDialect {
  readonly id: CallerDialectId | CompletionsDialectId
  /** @throws AppError `invalid_request` naming the field, for whatever this format itself refuses. */
  readFacts(body: JsonObject): RequestFacts
  decodeRequest(body: JsonObject): ChatRequest
  encodeResponse(response: ChatResponse, facts: ReplyFacts): JsonObject
  openStream(facts: StreamFacts): StreamEncoder
  /** Body of an error answer; the HTTP status is the error's own. */
  encodeError(error: AppError, facts: { readonly requestId: string }): JsonObject
  /** Splice edits that add `usage.cost` to a same-dialect answer, whole or the stream's event that reports usage; [] when the format has no place for it. */
  costEdits(costUsd: string, place: 'answer' | 'event'): readonly JsonEdit[]
}

/** What a server of a format does differently from the format. Data of a provider's file; a dialect reads it and knows no provider by name. */
export interface WireQuirks {
  /** Members of the body that are answered with an error. They steer bookkeeping and change no answer, so they are left out. */
  readonly refuses?: readonly string[]
  /** Members the server calls by another name: the format's → its own. */
  readonly renames?: Readonly<Record<string, string>>
  /** Knows no `developer` role: such messages go as `system`. */
  readonly developerRole?: 'system'
  /** Anthropic's messages at Google: the model is part of the path, and the body says a version instead. */
  readonly rawPredict?: string
  /** Takes only ids of tool calls like its own; others are replaced by ones made from them, the same each time. */
  readonly toolIds?: 'nine-alphanumeric'
}

export interface UpstreamTarget {
  readonly upstreamModel: string
  readonly stream: boolean
  /** Output limit to force when room is short; null leaves the caller's. */
  readonly clampOutputTokens: number | null
  /** Output limit to send when the caller gave none and the format demands one. */
  readonly defaultMaxOutputTokens: number
  /** The provider's own name of the output limit where its format knows two (`max_tokens` of OpenAI's older and of its many compatible servers). */
  readonly maxOutputField?: 'max_tokens' | 'max_completion_tokens' | 'maxOutputTokens'
  /** Absent = a server that does what its format says. */
  readonly quirks?: WireQuirks
  /** False: the model takes no reasoning controls, so they are dropped (and named) instead of failing the call. */
  readonly reasoning?: boolean
  /** Whether the provider keeps answers under their ids when asked to. */
  readonly keepsResponses?: boolean
}

/** How an upstream refusal or failure is to be treated. `message` is safe for the caller: masked, bounded. */
export interface UpstreamProblem {
  readonly code: ErrorCode
  readonly providerCode: string | null
  readonly message: string
}

/** Reads a provider's stream. One event in, chunks out; state inside. */
export interface StreamDecoder {
  push(event: SseEvent): readonly ChatChunk[]
  /** True once the format's own terminal event was seen: a stream that ends before it was cut. Usage may still follow: read to the end. */
  readonly finished: boolean
  /** The tier that served, as the provider names it; null until told. It is what is billed, whatever was asked for. */
  readonly serviceTier: string | null
  /** Ids by which a later request may name what the provider keeps of this answer. Absent = this format names none. */
  readonly keptIds?: readonly string[]
}

/** How a format counts the tokens of a request's input without answering it, free of charge. */
export interface TokenCounter {
  path(target: UpstreamTarget): string
  /** The question, made of a whole request of this format. */
  ask(request: JsonObject, target: UpstreamTarget): JsonObject
  /** Null when the answer holds no count. */
  read(answer: JsonObject): number | null
}

/** The provider's side of a wire format. */
export interface ProviderDialect {
  readonly id: ProviderDialectId | CompletionsDialectId
  /** Path below the provider's base URL, e.g. `/chat/completions`. */
  path(target: UpstreamTarget): string
  /**
   * `dropped` names what this format cannot express. @throws AppError `unsupported_parameter` when content itself (a sound, a file) would have to
   * be left out: an answer to half a question is worth less than another target.
   */
  encodeRequest(
    request: ChatRequest,
    target: UpstreamTarget,
  ): { readonly body: JsonObject; readonly dropped: readonly string[] }
  /** The closed list of edits when the caller speaks this same dialect; applied to the caller's bytes. */
  passThroughEdits(body: JsonObject, target: UpstreamTarget): readonly JsonEdit[]
  /** @throws AppError `upstream_malformed` when the body is no answer in this format. */
  decodeResponse(body: JsonObject): ChatResponse
  /** Metering facts of a complete answer without converting it. */
  readOutcome(body: JsonObject): {
    readonly usage: ReportedUsage | null
    readonly servedModel: string | null
    readonly hasContent: boolean
    readonly serviceTier: string | null
    /** Ids by which a later request may name what the provider keeps of this answer. Absent = this format names none. */
    readonly keptIds?: readonly string[]
  }
  /** How this format cuts its stream into the events that `openStream` reads. */
  readonly framing: StreamFraming
  openStream(): StreamDecoder
  decodeError(status: number, body: unknown): UpstreamProblem
  /** Absent where the format has no way to count. A provider of the format may still have none: its capabilities say. */
  readonly counter?: TokenCounter
}
