import { nanoUsd } from '@atpar/core/money'
import type { BudgetCounter, RateLimit } from '@atpar/core/quota'
import type { ReportedLease } from './lease-holder.ts'
import type { LeaseSize } from './lease-message.ts'
import type { OwnReport, ReportedHold, ReserveInput } from './quota-contract.ts'

/** What one boot says to a rebuild, as it travels through Redis. Money as text. */
export interface BootReport {
  readonly bootId: string
  readonly seq: number
  readonly holds: readonly RebuiltHold[]
  readonly leases: readonly RebuiltLease[]
  /** Leases up to this number that are not in `leases` are over: a message that would take one is a late one. */
  readonly leaseFloor: number
}

/** A lease as the new data has it: what runs is held, what was consumed is in the sum. */
export interface RebuiltLease {
  readonly leaseId: string
  readonly bootId: string
  readonly revision: number
  readonly keep: LeaseSize
  readonly consumed: LeaseSize
  readonly counters: readonly BudgetCounter[]
  readonly rates: string
  readonly openRequests: readonly string[]
}

export interface RebuiltHold extends ReportedHold {
  readonly bootId: string
  /** Counted on tokens per minute when it began; `tokens` is what it holds by now. */
  readonly rateTokens: string
  /** `id:rpm:tpm:concurrency`, as quota.lua stores it. */
  readonly rates: string
}

const part = (value: number | null): string => (value === null ? '-' : String(value))

const ratesText = (rates: readonly RateLimit[]): string =>
  rates
    .map((rate) =>
      [rate.id, part(rate.requestsPerMinute), part(rate.tokensPerMinute), part(rate.concurrency)].join(':'),
    )
    .join(' ')

interface KnownHere {
  readonly inputOf: (holdId: string) => Pick<ReserveInput, 'rates' | 'tokens'> | undefined
  readonly leases: readonly ReportedLease[]
  readonly leaseFloor: number
}

/** Adds to the caller's report what only this package knows: the rate limits each hold counts on, and the leases. */
export const toBootReport = (own: OwnReport, { inputOf, leases, leaseFloor }: KnownHere): BootReport => ({
  bootId: own.bootId,
  seq: own.seq,
  leaseFloor,
  leases: leases.map(({ rates, running: _running, ...lease }) => ({
    ...lease,
    bootId: own.bootId,
    rates: ratesText(rates),
  })),
  holds: own.holds.map((hold) => {
    const input = inputOf(hold.holdId)
    return {
      ...hold,
      bootId: own.bootId,
      rateTokens: String(Math.ceil(input?.tokens ?? 0)),
      rates: ratesText(input?.rates ?? []),
    }
  }),
})

export const encodeBootReport = (report: BootReport): string =>
  JSON.stringify(report, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))

type WireCounters = readonly (Omit<BudgetCounter, 'limit'> & { readonly limit: string })[]
type WireSize = Omit<LeaseSize, 'amount'> & { readonly amount: string }

interface WireReport extends Omit<BootReport, 'holds' | 'leases'> {
  readonly holds: readonly (Omit<RebuiltHold, 'amount' | 'counters'> & {
    readonly amount: string
    readonly counters: WireCounters
  })[]
  readonly leases: readonly (Omit<RebuiltLease, 'keep' | 'consumed' | 'counters'> & {
    readonly keep: WireSize
    readonly consumed: WireSize
    readonly counters: WireCounters
  })[]
}

const readCounters = (counters: WireCounters): readonly BudgetCounter[] =>
  counters.map((counter) => ({ ...counter, limit: BigInt(counter.limit) }))
const readSize = (size: WireSize): LeaseSize => ({ ...size, amount: nanoUsd(BigInt(size.amount)) })

/** Reads what `encodeBootReport` wrote; its writers are proxies of the same fleet. */
export const decodeBootReport = (text: string): BootReport => {
  const wire = JSON.parse(text) as WireReport
  return {
    ...wire,
    leaseFloor: (wire as Partial<WireReport>).leaseFloor ?? 0,
    holds: wire.holds.map((hold) => ({
      ...hold,
      amount: nanoUsd(BigInt(hold.amount)),
      counters: readCounters(hold.counters),
    })),
    // One that was started before leases says nothing of any.
    leases: ((wire as Partial<WireReport>).leases ?? []).map((lease) => ({
      ...lease,
      keep: readSize(lease.keep),
      consumed: readSize(lease.consumed),
      counters: readCounters(lease.counters),
    })),
  }
}
