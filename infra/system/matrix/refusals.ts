import type { CallerDialectId, ProviderDialectId } from '@atpar/dialects/contract'
import type { FeatureId } from './features.ts'
import type { Cell } from './play-cell.ts'

export interface DocumentedRefusal {
  readonly callers: readonly CallerDialectId[]
  readonly provider: ProviderDialectId
  readonly feature: FeatureId
  /** Why no better answer exists, for the docs. */
  readonly reason: string
}

/** Every square that answers with a typed refusal instead, with its reason. A square that is here and passes fails the test as well. */
export const REFUSALS: readonly DocumentedRefusal[] = []

export const findRefusal = ({ speaker, upstream, feature }: Cell): DocumentedRefusal | null =>
  REFUSALS.find(
    (refusal) =>
      refusal.callers.includes(speaker.id) && refusal.provider === upstream.dialect && refusal.feature === feature,
  ) ?? null
