import { nanoUsd } from '@atpar/core/money'
import type { BudgetCounter } from '@atpar/core/quota'
import type { OwnReport, ReportedHold, ReserveInput } from './quota-contract.ts'

/** What one boot says to a rebuild, as it travels through Redis. Money as text. */
export interface BootReport {
  readonly bootId: string
  readonly seq: number
  readonly holds: readonly RebuiltHold[]
}

export interface RebuiltHold extends ReportedHold {
  readonly bootId: string
  /** Counted on tokens per minute when it began; `tokens` is what it holds by now. */
  readonly rateTokens: string
  /** `id:rpm:tpm:concurrency`, as quota.lua stores it. */
  readonly rates: string
}

const part = (value: number | null): string => (value === null ? '-' : String(value))

/** Adds to the caller's report what only this package knows: the rate limits each hold counts on. */
export const toBootReport = (own: OwnReport, inputOf: (holdId: string) => ReserveInput | undefined): BootReport => ({
  bootId: own.bootId,
  seq: own.seq,
  holds: own.holds.map((hold) => {
    const input = inputOf(hold.holdId)
    const rates = input?.rates ?? []
    return {
      ...hold,
      bootId: own.bootId,
      rateTokens: String(Math.ceil(input?.tokens ?? 0)),
      rates: rates
        .map((rate) =>
          [rate.id, part(rate.requestsPerMinute), part(rate.tokensPerMinute), part(rate.concurrency)].join(':'),
        )
        .join(' '),
    }
  }),
})

export const encodeBootReport = (report: BootReport): string =>
  JSON.stringify(report, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))

interface WireHold extends Omit<RebuiltHold, 'amount' | 'counters'> {
  readonly amount: string
  readonly counters: readonly (Omit<BudgetCounter, 'limit'> & { readonly limit: string })[]
}

/** Reads what `encodeBootReport` wrote; its writers are proxies of the same fleet. */
export const decodeBootReport = (text: string): BootReport => {
  const wire = JSON.parse(text) as Omit<BootReport, 'holds'> & { readonly holds: readonly WireHold[] }
  return {
    ...wire,
    holds: wire.holds.map((hold) => ({
      ...hold,
      amount: nanoUsd(BigInt(hold.amount)),
      counters: hold.counters.map((counter) => ({ ...counter, limit: BigInt(counter.limit) })),
    })),
  }
}
