import { nanoUsd } from '@atpar/core/money'
import type { BudgetCounter, BudgetState, RateLimit } from '@atpar/core/quota'
import type { HoldSize, RateState } from './quota-contract.ts'
import { counterKey } from './quota-keys.ts'
import { amountText, limitText, partText, readRate, readState, textOf, tokensText } from './quota-operations.ts'
import type { ScriptReply } from './quota-script.ts'

/** What a lease is measured in: money and tokens as its counters count them, and requests for its rate limits. */
export interface LeaseSize extends HoldSize {
  readonly requests: number
}

/** g = grant more if there is ample room · k = keep what it says · e = extend by exactly `extra` · c = close. */
export type LeaseMode = 'g' | 'k' | 'e' | 'c'

/** What the holder of a lease says of it. All totals: a message that is lost, repeated or overtaken does no harm. */
export interface LeaseMessage {
  readonly leaseId: string
  readonly bootId: string
  /** Grows with every message of this lease; the script ignores one that was overtaken. */
  readonly revision: number
  readonly mode: LeaseMode
  /** Spent in all since the lease began. */
  readonly consumed: LeaseSize
  /** What must stay held: running requests, and what lies ready unless it is given back. */
  readonly keep: LeaseSize
  /** Of `keep`, what running requests hold. */
  readonly running: LeaseSize
  readonly extra: LeaseSize
  readonly typical: HoldSize
  readonly liveProxies: number
  /** No lease has more money ready than this. */
  readonly mostAmount: bigint
  /** After which the server takes the holder for silent. */
  readonly ttlMs: number
  readonly counters: readonly BudgetCounter[]
  readonly rates: readonly RateLimit[]
}

export type LeaseReply =
  | {
      /** tight = nothing granted, too little room · lost = the server does not know this lease any more: only running requests are held. */
      readonly kind: 'granted' | 'tight' | 'lost'
      readonly add: LeaseSize
      readonly states: readonly BudgetState[]
      readonly rates: readonly RateState[]
    }
  /** An extension that did not fit; `mayRetry` when room was called back from other leases. */
  | { readonly kind: 'refused'; readonly mayRetry: boolean }
  | { readonly kind: 'need'; readonly epoch: string; readonly counters: readonly BudgetCounter[] }
  /** Closed already. */
  | { readonly kind: 'gone' }

export const NO_SIZE: LeaseSize = { amount: nanoUsd(0n), tokens: 0, requests: 0 }

export const leaseIdOf = (bootId: string, number: number): string => `lease:${bootId}:${number}`

export const parseLeaseId = (leaseId: string): { readonly bootId: string; readonly number: number } | null => {
  const [kind, bootId, number] = leaseId.split(':')
  return kind === 'lease' && bootId !== undefined && number !== undefined ? { bootId, number: Number(number) } : null
}

const pushSize = (args: string[], size: LeaseSize): void => {
  args.push(
    amountText(size.amount < 0n ? NO_SIZE.amount : size.amount),
    tokensText(Math.max(0, size.tokens)),
    tokensText(Math.max(0, size.requests)),
  )
}

export const writeLease = (args: string[], message: LeaseMessage): void => {
  args.push('k', message.leaseId, message.bootId, String(message.revision), message.mode)
  pushSize(args, message.consumed)
  pushSize(args, message.keep)
  pushSize(args, message.running)
  pushSize(args, message.extra)
  args.push(
    amountText(message.typical.amount),
    tokensText(message.typical.tokens),
    String(Math.max(1, message.liveProxies)),
    message.mostAmount.toString(),
    String(Math.ceil(message.ttlMs)),
    String(message.counters.length),
  )
  for (const counter of message.counters)
    args.push(counterKey(counter), limitText(counter.limit), String(counter.version), counter.hard ? '1' : '0')
  args.push(String(message.rates.length))
  for (const rate of message.rates)
    args.push(rate.id, partText(rate.requestsPerMinute), partText(rate.tokensPerMinute), partText(rate.concurrency))
}

const KINDS = { L: 'granted', T: 'tight', F: 'lost' } as const

export const readLeaseReply = (reply: ScriptReply, message: Pick<LeaseMessage, 'counters' | 'rates'>): LeaseReply => {
  const parts = textOf(reply).split(' ')
  const { counters, rates } = message
  const letter = parts[0] ?? ''
  switch (letter) {
    case 'L':
    case 'T':
    case 'F': {
      const firstRate = 4 + counters.length * 3
      return {
        kind: KINDS[letter],
        add: {
          amount: nanoUsd(BigInt(parts[1] ?? '0')),
          tokens: Number(parts[2] ?? '0'),
          requests: Number(parts[3] ?? '0'),
        },
        states: counters.map((counter, index) => readState(counter, parts, 4 + index * 3)),
        rates: rates.map((limit, index) => readRate(limit, parts, firstRate + index * 3)),
      }
    }
    case 'X':
    case 'Y':
      return { kind: 'refused', mayRetry: letter === 'Y' }
    case 'N':
      return {
        kind: 'need',
        epoch: parts[1] ?? '',
        counters: parts.slice(2).flatMap((index) => counters[Number(index)] ?? []),
      }
    case 'G':
      return { kind: 'gone' }
    default:
      throw new TypeError(`quota.lua replied "${textOf(reply)}" to a lease`)
  }
}
