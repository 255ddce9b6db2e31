import type { JsonObject } from '@atpar/core/json'
import type { JsonEdit } from '@atpar/core/json-splice'
import type { OtherTask } from '@atpar/core/task'
import type { TaskAnswer, TaskRequest } from '@atpar/core/task-exchange'
import type { ReportedUsage, UsageUnits } from '@atpar/core/usage'
import type { ReplyFacts, RequestFacts, UpstreamProblem } from './contract.ts'

/**
 * The wire formats of everything that is no chat. As with chat, a caller's format and a provider's are picked apart from each other: equal ones pass
 * the bytes with a closed list of edits, different ones meet in the neutral forms of `@atpar/core/task-exchange`.
 */
export type TaskCallerId = 'openai-embeddings' | 'gemini-embeddings' | 'rerank' | 'openai-moderations'

/** Those that providers speak; a name that is also a caller's is the same format. */
export type TaskProviderId =
  | 'openai-embeddings'
  | 'gemini-embeddings'
  | 'cohere-embed'
  | 'voyage-embeddings'
  | 'jina-embeddings'
  | 'cohere-rerank'
  | 'voyage-rerank'
  | 'jina-rerank'
  | 'openai-moderations'

/** The formats a provider speaks, for each task it has models of. */
export type ProviderTasks = Partial<Readonly<Record<OtherTask, TaskProviderId>>>

/** The caller's side of a format. Errors are told in the chat format of the same family. */
export interface TaskCaller {
  readonly id: TaskCallerId
  readonly task: OtherTask
  /**
   * The output bound of what makes no tokens is 0, `units` bounds what is counted in anything else, `inputs` multiplies the context that bounds
   * tokens. @throws AppError `invalid_request` naming the field, `body_too_large`.
   */
  readFacts(body: JsonObject): RequestFacts
  decodeRequest(body: JsonObject): TaskRequest
  /** `body` is the caller's own, for formats whose answer repeats parts of it. */
  encodeAnswer(answer: TaskAnswer, facts: ReplyFacts & { readonly body: JsonObject }): JsonObject
  /** Splice edits that add the cost to an answer in this same format; [] when it has no place for it. */
  costEdits(costUsd: string): readonly JsonEdit[]
}

export interface TaskTarget {
  readonly upstreamModel: string
}

/** What goes to a provider: a path below its base URL, and JSON. */
export interface TaskUpstreamRequest {
  readonly path: string
  readonly json: JsonObject
  /** What this format cannot express. */
  readonly dropped: readonly string[]
}

/** A request in the provider's own format: its bytes with edits, or where bytes cannot be edited the whole of it anew. */
export type TaskPassThrough =
  | { readonly path: string; readonly edits: readonly JsonEdit[] }
  | { readonly path: string; readonly json: JsonObject }

/** What billing needs of an answer. */
export interface TaskOutcome {
  /** Null when the provider reported none: then `estimate` stands in for it. */
  readonly usage: ReportedUsage | null
  readonly servedModel: string | null
  readonly hasContent: boolean
}

/** A lower bound of what a request came to: an estimate must not bill more than the provider would. */
export interface TaskEstimate {
  /** Its tokens are counted and added to the units as plain input. */
  readonly text: string
  readonly units: UsageUnits
}

/** The provider's side of a format. */
export interface TaskProvider {
  readonly id: TaskProviderId
  readonly task: OtherTask
  /** @throws AppError `unsupported_parameter` for what would have to be left out although the answer depends on it: another target is tried. */
  encodeRequest(request: TaskRequest, target: TaskTarget): TaskUpstreamRequest
  /** `body` as the caller sent it, in this same format. Absent for formats that no caller speaks. */
  passThrough?(body: JsonObject, target: TaskTarget): TaskPassThrough
  /** @throws AppError `upstream_malformed` when the body is no answer in this format. */
  decodeAnswer(body: JsonObject, request: TaskRequest): TaskAnswer
  readOutcome(body: JsonObject): TaskOutcome
  estimate(request: TaskRequest): TaskEstimate
  decodeError(status: number, body: unknown): UpstreamProblem
}
