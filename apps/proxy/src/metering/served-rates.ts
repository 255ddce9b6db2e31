import type { OfferingRates } from '@atpar/core/pricing'
import { findServedOffering } from '@atpar/core/served-offering'
import type { Offering, Snapshot } from '@atpar/core/snapshot'

/** A provider that answers with ever new names does not fill our memory with them. */
const MOST_NAMES = 16

/** The rates of the model that says it answered, by the offering asked; forgotten with their snapshot. Finding one reads the whole catalogue. */
const found = new WeakMap<Snapshot, Map<string, Map<string, OfferingRates | null>>>()

/** What a bill is made of: the prices of the model that answered, whichever was asked for. Null when the book knows no such model at that provider. */
export const findServedRates = (
  snapshot: Snapshot,
  routed: Offering,
  servedModel: string | null,
): OfferingRates | null => {
  if (servedModel === null || servedModel === routed.upstreamModel) return routed.rates
  // Whatever an organization's own endpoint calls itself: the organization said what it costs.
  if (routed.credentialId !== undefined) return routed.rates
  let byOffering = found.get(snapshot)
  if (byOffering === undefined) {
    byOffering = new Map()
    found.set(snapshot, byOffering)
  }
  let byName = byOffering.get(routed.id)
  if (byName === undefined) {
    byName = new Map()
    byOffering.set(routed.id, byName)
  }
  const known = byName.get(servedModel)
  if (known !== undefined) return known
  const rates = findServedOffering<Offering>(routed, servedModel, snapshot.offerings.values())?.rates ?? null
  if (byName.size < MOST_NAMES) byName.set(servedModel, rates)
  return rates
}
