import type { OfferingRates } from './pricing.ts'
import type { Task } from './task.ts'
import type { Funding } from './usage-event.ts'

/** One model at one provider. */
export interface Offering {
  readonly id: string
  readonly modelId: string
  readonly providerId: string
  /** Its model's. */
  readonly task: Task
  /** The name this provider gives the model. */
  readonly upstreamModel: string
  readonly contextTokens: number | null
  readonly maxOutputTokens: number | null
  /** Lower is tried first among equals; ties go to the cheaper one. */
  readonly priority: number
  readonly funding: Funding
  readonly enabled: boolean
  /** Null = no price on record: refused with 422 on paid paths. */
  readonly rates: OfferingRates | null
  /** What of `PARAMETERS` it takes; absent or null = not on record. */
  readonly parameters?: readonly string[] | null
  /** Why there is no price, where that is known. */
  readonly unpricedReason?: string | null
  /** `YYYY-MM-DD`: the day its provider announced to take it away. */
  readonly retiresOn?: string | null
  /** Of an organization's own endpoint: the one credential it runs on, and on nothing else. Absent in the catalogue. */
  readonly credentialId?: string
  /** The model its provider names in its place, where it names one. */
  readonly successorId?: string | null
}

/** From the announced day on (UTC) an offering is not called any more. `nowMs` is real time, whatever the installation's test offset. */
export const isRetired = ({ retiresOn }: Pick<Offering, 'retiresOn'>, nowMs: number): boolean =>
  retiresOn !== undefined && retiresOn !== null && Date.parse(retiresOn) <= nowMs

export interface Model {
  readonly id: string
  readonly displayName: string
  readonly family: string
  readonly author: string
  readonly task: Task
  readonly reasoning: boolean
  readonly createdAtMs: number
  readonly aliases: readonly string[]
  /** Absent in a snapshot kept by an older version. */
  readonly inputModalities?: readonly string[]
  readonly outputModalities?: readonly string[]
  /** Ids of this model's offerings, in `offerings`. */
  readonly offeringIds: readonly string[]
}

/**
 * Everything routing needs about the catalogue, immutable and versioned. A call keeps the snapshot it was admitted under,
 * which is what pins its price book.
 */
export interface Snapshot {
  readonly version: number
  readonly priceBookId: number
  /** Milliseconds added to the clock in test mode; 0 otherwise. */
  readonly clockOffsetMs: number
  readonly models: ReadonlyMap<string, Model>
  /** Alias → model id. */
  readonly aliases: ReadonlyMap<string, string>
  readonly offerings: ReadonlyMap<string, Offering>
}
