import { ZERO_PUSD, type Pusd } from './money.ts'
import { boundCost } from './pricing.ts'
import type { BudgetCounter, BudgetState } from './quota.ts'
import type { Offering } from './snapshot.ts'
import type { UsageUnits } from './usage.ts'

export interface TokenBounds {
  readonly inputTokens: number
  readonly outputTokens: number
  /** Upper bounds of what is counted in anything but tokens; nothing when absent. */
  readonly units?: UsageUnits
}

/** What is free on the narrowest hard budgets; null where none counts in that unit. May be below zero. */
export interface Room {
  readonly pusd: Pusd | null
  readonly tokens: bigint | null
}

type Priced = Pick<Offering, 'rates' | 'funding'>

/** The most that any of the candidates may charge for it: whichever answers, the hold covers it. */
export const dearestCost = (candidates: readonly Priced[], bounds: TokenBounds): Pusd => {
  let dearest = ZERO_PUSD
  for (const { rates, funding } of candidates) {
    if (rates === null || funding !== 'platform') continue
    const cost = boundCost(rates, bounds)
    if (cost > dearest) dearest = cost
  }
  return dearest
}

const fits = (candidates: readonly Priced[], bounds: TokenBounds, room: Room): boolean =>
  (room.tokens === null || BigInt(bounds.inputTokens + bounds.outputTokens) <= room.tokens) &&
  (room.pusd === null || dearestCost(candidates, bounds) <= room.pusd)

/** The most output tokens, up to those given, that fit the room together with the input; null when not even the input does. */
export const fittingOutput = (candidates: readonly Priced[], most: TokenBounds, room: Room): number | null => {
  if (fits(candidates, most, room)) return most.outputTokens
  if (!fits(candidates, { ...most, outputTokens: 0 }, room)) return null
  let fitting = 0
  let tooMany = most.outputTokens
  while (tooMany - fitting > 1) {
    const middle = Math.floor((fitting + tooMany) / 2)
    if (fits(candidates, { ...most, outputTokens: middle }, room)) fitting = middle
    else tooMany = middle
  }
  return fitting
}

const PUSD_PER_NANO = 1_000n

const narrower = <Amount extends bigint>(known: Amount | null, other: Amount): Amount =>
  known === null || other < known ? other : known

/** The room that the hard ones among some counters leave, held amounts taken off. */
export const hardRoomOf = (counters: readonly BudgetCounter[], states: readonly BudgetState[]): Room => {
  let pusd: Pusd | null = null
  let tokens: bigint | null = null
  for (let index = 0; index < states.length; index += 1) {
    const state = states[index]
    if (state === undefined || counters[index]?.hard !== true) continue
    const room = state.limit - state.used - state.held
    if (state.unit === 'tokens') tokens = narrower(tokens, room)
    else pusd = narrower(pusd, (room * PUSD_PER_NANO) as Pusd)
  }
  return { pusd, tokens }
}
