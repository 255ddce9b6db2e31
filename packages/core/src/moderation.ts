import type { JsonObject } from './json.ts'
import type { ReportedUsage } from './usage.ts'

/** There is one wire format of moderation so far, and it is its own neutral form: the caller's fields without ours. */
export interface ModerationRequest {
  readonly task: 'moderation'
  readonly model: string
  readonly fields: JsonObject
}

export interface ModerationAnswer {
  readonly task: 'moderation'
  readonly servedModel: string | null
  /** One for each input: `flagged`, `categories`, `category_scores`. */
  readonly results: readonly JsonObject[]
  readonly usage: ReportedUsage | null
}
