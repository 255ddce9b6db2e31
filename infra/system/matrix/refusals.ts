import type { Cell } from './play-cell.ts'

export interface DocumentedRefusal {
  readonly caller: Cell['caller'] | 'any'
  readonly provider: Cell['provider']
  readonly feature: Cell['feature']
  /** Why no better answer exists, for the docs. */
  readonly reason: string
}

/** Every square that answers with a typed refusal instead, with its reason. A square that is here and passes fails the test as well. */
export const REFUSALS: readonly DocumentedRefusal[] = []

export const findRefusal = ({ caller, provider, feature }: Cell): DocumentedRefusal | null =>
  REFUSALS.find(
    (refusal) =>
      (refusal.caller === 'any' || refusal.caller === caller) &&
      refusal.provider === provider &&
      refusal.feature === feature,
  ) ?? null
