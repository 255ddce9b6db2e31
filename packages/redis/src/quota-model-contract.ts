import type { BudgetState, BudgetUnit } from '@atpar/core/quota'
import type { LeaseMessage, LeaseSize } from './lease-message.ts'
import type { HoldSize, RateReason, ReserveInput, SettleInput } from './quota-contract.ts'
import type { CounterStart } from './quota-operations.ts'

/** What goes into the model of quota.lua and comes out of it. */

export type ModelOperation =
  | { readonly kind: 'reserve'; readonly input: ReserveInput }
  | { readonly kind: 'extend'; readonly holdId: string; readonly delta: HoldSize }
  | { readonly kind: 'note'; readonly holdId: string; readonly payload: string }
  | { readonly kind: 'settle'; readonly input: SettleInput }
  | { readonly kind: 'release'; readonly holdId: string }
  | { readonly kind: 'init'; readonly epoch: string; readonly starts: readonly CounterStart[] }
  | { readonly kind: 'sweep'; readonly nowMs: number }
  | { readonly kind: 'drop'; readonly holdId: string; readonly used: HoldSize }
  | { readonly kind: 'acknowledge'; readonly holdId: string }
  | { readonly kind: 'lease'; readonly message: LeaseMessage }
  | { readonly kind: 'list-leases' }
  | { readonly kind: 'free-lease'; readonly leaseId: string; readonly spent: HoldSize }

export type ModelReply =
  | { readonly kind: 'held'; readonly states: readonly BudgetState[] }
  | { readonly kind: 'budget'; readonly state: BudgetState; readonly mayRetry: boolean }
  | {
      readonly kind: 'lease'
      readonly answer: 'granted' | 'tight' | 'lost'
      readonly add: LeaseSize
      readonly states: readonly BudgetState[]
    }
  | { readonly kind: 'lease-refused'; readonly mayRetry: boolean }
  | { readonly kind: 'leases'; readonly leaseIds: readonly string[] }
  | { readonly kind: 'rate'; readonly reason: RateReason; readonly limitId: string }
  | { readonly kind: 'need'; readonly counterKeys: readonly string[] }
  | { readonly kind: 'swept'; readonly holdIds: readonly string[] }
  | { readonly kind: 'gone' | 'done' | 'nothing' | 'mismatch' | 'extended' | 'refused' | 'recalled' }

export interface ModelCounter {
  readonly used: bigint
  readonly held: bigint
  readonly limit: bigint
  readonly version: number
  readonly hard: boolean
  readonly unit: BudgetUnit
  /** Of `held`, what lies ready in leases as far as their holders have said. */
  readonly leased: bigint
}

export interface ModelHold {
  readonly state: 'held' | 'suspense' | 'settled' | 'released'
  readonly size: HoldSize
  readonly input: ReserveInput | null
  readonly payload: string
  readonly eventText: string
}

export interface ModelLease {
  readonly state: 'lease' | 'lease-suspense' | 'returned'
  readonly message: LeaseMessage
  readonly keep: LeaseSize
  readonly free: HoldSize
  readonly expiresMs: number
}

export interface ModelData {
  readonly counters: readonly CounterStart[]
  readonly holds: readonly { readonly input: ReserveInput; readonly size: HoldSize }[]
  readonly leases: readonly {
    readonly state: 'lease' | 'lease-suspense'
    readonly message: LeaseMessage
    readonly keep: LeaseSize
  }[]
  /** By boot: leases up to this number are over. */
  readonly leaseFloors: ReadonlyMap<string, number>
}

export interface QuotaModel {
  readonly counters: ReadonlyMap<string, ModelCounter>
  readonly holds: ReadonlyMap<string, ModelHold>
  readonly leases: ReadonlyMap<string, ModelLease>
  apply(operation: ModelOperation): ModelReply
  /** What rebuild.lua does: takes the place of everything. */
  restore(data: ModelData): void
}
