import { listMissingParameters, type Parameter } from '@atpar/core/parameters'
import type { Offering } from '@atpar/core/snapshot'
import type { OwnAccess } from '../tenants/credential-cache.ts'
import { targetOfTask, type ProviderTargets, type ProviderTarget } from './targets.ts'

/** An offering with the account it runs on: what one attempt is made of. `funding` says whose account that is. */
export interface Candidate extends Offering {
  readonly target: ProviderTarget
  /** Null = the platform's account. */
  readonly credential: OwnAccess | null
  /** Health is known apart for each account. */
  readonly breakerId: string
  /** What a request may ask for and this offering is known not to take. */
  readonly missing: readonly Parameter[]
}

/** The words are those of chat; other tasks have parameters of their own. */
const missingOf = ({ task, parameters }: Offering): readonly Parameter[] =>
  task === 'chat' ? listMissingParameters(parameters) : []

/** Candidates are the same for every call, so they are made once for each offering of a snapshot and forgotten with it. */
const overPlatform = new WeakMap<Offering, Candidate>()
const overOwn = new WeakMap<OwnAccess, WeakMap<Offering, Candidate>>()

export const platformCandidate = (targets: ProviderTargets, offering: Offering): Candidate => {
  const known = overPlatform.get(offering)
  if (known !== undefined) return known
  const candidate = {
    ...offering,
    target: targetOfTask(targets.find(offering.providerId), offering.task),
    credential: null,
    breakerId: offering.id,
    missing: missingOf(offering),
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
    target: targetOfTask(access.target, offering.task),
    credential: access,
    breakerId: `${offering.id} ${access.credentialId}`,
    missing: missingOf(offering),
  }
  ofAccess.set(offering, candidate)
  return candidate
}
