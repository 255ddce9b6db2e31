import type { Offering } from './snapshot.ts'

type Named = Pick<Offering, 'id' | 'providerId' | 'upstreamModel'>

/**
 * A model's name without what providers add to it when they answer: the resource path before it (`models/gemini-2.5-pro`) and the snapshot behind it
 * (`gpt-4o-2024-08-06`, `claude-sonnet-4-20250514`, `gemini-2.0-flash-001`, `mistral-large-2411`, `-latest`).
 */
const bareName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/^.*\//, '')
    .replace(/[-@](?:\d{4}-\d{2}-\d{2}|\d{8}|\d{4}|\d{3}|latest)$/, '')

/**
 * Which offering's prices a bill is made of: of the model that answered, by the name it gave itself. The routed one when it gave none, or its own;
 * another of the same provider when it says that; null when the book knows no such model there, which is then never billed at a guess.
 */
export const findServedOffering = <Candidate extends Named>(
  routed: Candidate,
  servedModel: string | null,
  offerings: Iterable<Candidate>,
): Candidate | null => {
  if (servedModel === null || servedModel === '' || servedModel === routed.upstreamModel) return routed
  const served = servedModel.toLowerCase()
  const wanted = bareName(served)
  let sameModel: Candidate | null = null
  for (const offering of offerings) {
    if (offering.providerId !== routed.providerId || offering.id === routed.id) continue
    if (offering.upstreamModel.toLowerCase() === served) return offering
    if (bareName(offering.upstreamModel) === wanted) sameModel ??= offering
  }
  return bareName(routed.upstreamModel) === wanted ? routed : sameModel
}
