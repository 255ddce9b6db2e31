import type { Caller } from '@atpar/core/caller'
import { resolveModel } from '@atpar/core/routing'
import { isRetired, type Model, type Offering, type Snapshot } from '@atpar/core/snapshot'
import type { Deps } from '../deps.ts'
import type { OwnCredentials } from '../tenants/credential-cache.ts'
import { snapshotFor } from '../tenants/own-snapshot.ts'

/** Why an offering cannot be called by whoever asks. Null = it can. */
export type Obstacle = 'disabled' | 'retired' | 'no_credential' | 'not_priced'

export interface OfferingView {
  readonly offering: Offering
  readonly obstacle: Obstacle | null
}

/** A model as one caller may know it. */
export interface ModelView {
  readonly model: Model
  /** In the order in which they are tried, what is out of reach last. */
  readonly offerings: readonly OfferingView[]
  /** Some offering can be called. */
  readonly available: boolean
}

type ViewDeps = Pick<Deps, 'clock' | 'feed' | 'credentials' | 'targets'>

/** The models a key may use, by id. Those nobody here has a credential for are among them, and say so. @throws AppError quota_unavailable */
export const viewModels = async (deps: ViewDeps, caller: Caller): Promise<readonly ModelView[]> => {
  const own = await deps.credentials.find(caller.orgId)
  const snapshot = snapshotFor(deps.feed.current(), own)
  const reaches = reachOver(deps, own)
  return [...snapshot.models.values()]
    .filter((model) => isAllowed(caller, snapshot, model))
    .map((model) => viewModel({ model, snapshot, reaches, nowMs: deps.clock.wallMs() }))
}

/** By id, alias or the id of one of its offerings. Null for what this key may not use, as for what does not exist. */
export const viewNamed = async (deps: ViewDeps, caller: Caller, name: string): Promise<ModelView | null> => {
  const own = await deps.credentials.find(caller.orgId)
  const snapshot = snapshotFor(deps.feed.current(), own)
  const model = resolveModel(snapshot, name)
  if (model === null || !isAllowed(caller, snapshot, model)) return null
  return viewModel({ model, snapshot, reaches: reachOver(deps, own), nowMs: deps.clock.wallMs() })
}

const isAllowed = ({ allowedModels }: Caller, snapshot: Snapshot, model: Model): boolean =>
  allowedModels.length === 0 ||
  allowedModels.some((allowed) => allowed === model.id || snapshot.aliases.get(allowed) === model.id)

/** Whose account reaches an offering. */
type Reach = (offering: Offering) => 'own' | 'platform' | null

const reachOver =
  (deps: ViewDeps, own: OwnCredentials | null): Reach =>
  ({ providerId, credentialId }) => {
    if (credentialId !== undefined) return own === null || own.endpointAccess(credentialId) === null ? null : 'own'
    if (own !== null && own.accessesOf(providerId).length > 0) return 'own'
    return deps.targets.isReachable(providerId) ? 'platform' : null
  }

const viewModel = ({
  model,
  snapshot,
  reaches,
  nowMs,
}: {
  readonly model: Model
  readonly snapshot: Snapshot
  readonly reaches: Reach
  readonly nowMs: number
}): ModelView => {
  const offerings = model.offeringIds.flatMap((id): OfferingView[] => {
    const offering = snapshot.offerings.get(id)
    return offering === undefined ? [] : [{ offering, obstacle: findObstacle(offering, { reaches, nowMs }) }]
  })
  const callable = offerings.filter(({ obstacle }) => obstacle === null)
  return {
    model,
    offerings: [...callable, ...offerings.filter(({ obstacle }) => obstacle !== null)],
    available: callable.length > 0,
  }
}

const findObstacle = (
  offering: Offering,
  { reaches, nowMs }: { readonly reaches: Reach; readonly nowMs: number },
): Obstacle | null => {
  if (!offering.enabled) return 'disabled'
  if (isRetired(offering, nowMs)) return 'retired'
  if (reaches(offering) === null) return 'no_credential'
  return offering.funding === 'platform' && (offering.rates === null || offering.rates.rows.length === 0)
    ? 'not_priced'
    : null
}
