import type { Offering } from '@atpar/core/snapshot'
import type { OwnAccess } from '../tenants/credential-cache.ts'
import type { ProviderTargets, ProviderTarget } from './targets.ts'

/** An offering with the account it runs on: what one attempt is made of. `funding` says whose account that is. */
export interface Candidate extends Offering {
  readonly target: ProviderTarget
  /** Null = the platform's account. */
  readonly credential: OwnAccess | null
  /** Health is known apart for each account. */
  readonly breakerId: string
}

/** Candidates are the same for every call, so they are made once for each offering of a snapshot and forgotten with it. */
const overPlatform = new WeakMap<Offering, Candidate>()
const overOwn = new WeakMap<OwnAccess, WeakMap<Offering, Candidate>>()

export const platformCandidate = (targets: ProviderTargets, offering: Offering): Candidate => {
  const known = overPlatform.get(offering)
  if (known !== undefined) return known
  const candidate = {
    ...offering,
    target: targets.find(offering.providerId),
    credential: null,
    breakerId: offering.id,
  }
  overPlatform.set(offering, candidate)
  return candidate
}

export const ownCandidate = (access: OwnAccess, offering: Offering): Candidate => {
  const ofAccess = overOwn.get(access) ?? new WeakMap<Offering, Candidate>()
  overOwn.set(access, ofAccess)
  const known = ofAccess.get(offering)
  if (known !== undefined) return known
  const candidate: Candidate = {
    ...offering,
    funding: 'byok',
    target: access.target,
    credential: access,
    breakerId: `${offering.id} ${access.credentialId}`,
  }
  ofAccess.set(offering, candidate)
  return candidate
}
