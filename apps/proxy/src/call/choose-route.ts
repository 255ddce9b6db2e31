import type { Caller } from '@atpar/core/caller'
import { DAY_MS } from '@atpar/core/durations'
import { isPlanPlain, planAttempts, type HealthState, type PlanInput, type RoutePlan } from '@atpar/core/routing'
import type { Offering, Snapshot } from '@atpar/core/snapshot'
import { requireTask, type Task } from '@atpar/core/task'
import type { Deps } from '../deps.ts'
import { pinPlan } from '../kept/pin-plan.ts'
import type { OwnCredentials } from '../tenants/credential-cache.ts'
import { snapshotFor } from '../tenants/own-snapshot.ts'
import { ownCandidate, platformCandidate, type Candidate } from '../upstream/candidates.ts'
import { withoutStandIns } from '../upstream/stand-ins.ts'
import type { IncomingCall, Plan } from './call-context.ts'

/** Step 2: the model the caller names, as an ordered list of offerings worth trying, each on an account. A promise only where the organization's own credentials have to be read, or who keeps what the call goes on from. @throws AppError unknown_model, wrong_endpoint, model_not_allowed, model_not_priced, model_retired, no_provider_available, response_not_kept, quota_unavailable */
export const chooseRoute = (deps: Deps, caller: Caller, call: RoutedCall): Plan | Promise<Plan> => {
  const own = deps.credentials.find(caller.orgId)
  const plan =
    own instanceof Promise
      ? own.then((found) => planFor(deps, caller, { call, own: found }))
      : planFor(deps, caller, { call, own })
  const ids = call.facts.continues
  return ids === undefined ? plan : pinPlan(deps.kept, { orgId: caller.orgId, plan, ids })
}

type RoutedCall = Pick<IncomingCall, 'snapshot' | 'json' | 'facts' | 'tasks'>

const planFor = (
  deps: Deps,
  caller: Caller,
  { call, own }: { readonly call: RoutedCall; readonly own: OwnCredentials | null },
): Plan => {
  if (own !== null) call.snapshot = snapshotFor(call.snapshot, own)
  const question = {
    snapshot: call.snapshot,
    body: call.json,
    model: call.facts.model,
    tasks: call.tasks,
    allowedModels: caller.allowedModels,
  }
  if (own === null) return isPlain(question) ? usualPlan(deps, question) : planOnPlatform(deps, question)
  const accounts = createAccounts(deps, own, call.snapshot)
  const plan = planAttempts({
    ...question,
    nowMs: deps.clock.wallMs(),
    health: (offeringId) => bestOf(accounts.of(call.snapshot.offerings.get(offeringId)).map(accounts.healthOf)),
    isReachable: (_providerId, offering) => accounts.of(offering).length > 0,
    whyUnreachable: accounts.whyNone,
    isOwn: (providerId) => own.accessesOf(providerId).length > 0,
  })
  return withoutStandIns({ ...plan, candidates: spread(plan, accounts) })
}

type Question = Pick<PlanInput, 'snapshot' | 'body' | 'model' | 'allowedModels'> & { readonly tasks: readonly Task[] }

const planOnPlatform = (deps: Deps, question: Question): Plan => {
  const plan = planAttempts({
    ...question,
    nowMs: deps.clock.wallMs(),
    health: deps.health.stateOf,
    isReachable: deps.targets.isReachable,
  })
  return withoutStandIns({
    ...plan,
    candidates: plan.candidates.map((offering) => platformCandidate(deps.targets, offering)),
  })
}

/** Neither caller nor key has a say in it: then a name means the same plan for everybody, as long as all that it leads to is well. */
const isPlain = ({ allowedModels, body }: Question): boolean => allowedModels.length === 0 && isPlanPlain(body)

interface UsualPlans {
  /** Providers take models away at the start of a day. */
  readonly day: number
  readonly plans: Map<string, Plan>
}

/** Forgotten with their snapshot and their day. At most one for each name that the catalogue knows: an unknown one is refused and not kept. */
const usualPlans = new WeakMap<Snapshot, UsualPlans>()

const usualPlan = (deps: Deps, question: Question): Plan => {
  const day = Math.floor(deps.clock.wallMs() / DAY_MS)
  let usual = usualPlans.get(question.snapshot)
  if (usual?.day !== day) {
    usual = { day, plans: new Map() }
    usualPlans.set(question.snapshot, usual)
  }
  const { plans } = usual
  const known = plans.get(question.model)
  if (known !== undefined && deps.health.areWell(known.candidates)) {
    requireTask(known.model, question.tasks)
    return known
  }
  const plan = planOnPlatform(deps, question)
  // A plain plan leaves none of those out whose health was asked: what its candidates say is all that health had to say.
  if (deps.health.areWell(plan.candidates)) plans.set(question.model, plan)
  return plan
}

interface Accounts {
  /** On which accounts an offering may run: the organization's own first. */
  of(offering: Offering | undefined): readonly Candidate[]
  healthOf(candidate: Candidate): HealthState
  whyNone(offering: Offering): string | null
}

const createAccounts = (deps: Deps, own: OwnCredentials, snapshot: Snapshot): Accounts => {
  // Asking takes the probe of a half-open one, so each is asked once a call.
  const states = new Map<string, HealthState>()
  // "Only our own" is about the model: the platform's account at another provider of it would be a fall-back to the platform as well.
  const isKeptOff = ({ modelId, funding }: Offering): boolean =>
    funding !== 'local' &&
    snapshot.models.get(modelId)?.offeringIds.some((id) => {
      const providerId = snapshot.offerings.get(id)?.providerId
      return providerId !== undefined && own.isOnlyOwn(providerId)
    }) === true
  return {
    of: (offering) => {
      if (offering === undefined) return []
      if (offering.credentialId !== undefined) {
        const access = own.endpointAccess(offering.credentialId)
        return access === null ? [] : [ownCandidate(access, offering)]
      }
      // A local model has no account to bring a key to.
      const accesses = offering.funding === 'local' ? [] : own.accessesOf(offering.providerId)
      const candidates = accesses.map((access) => ownCandidate(access, offering))
      return deps.targets.isReachable(offering.providerId) && !isKeptOff(offering)
        ? [...candidates, platformCandidate(deps.targets, offering)]
        : candidates
    },
    healthOf: ({ breakerId }) => {
      const known = states.get(breakerId) ?? deps.health.stateOf(breakerId)
      states.set(breakerId, known)
      return known
    },
    whyNone: (offering) =>
      offering.credentialId === undefined ? (isKeptOff(offering) ? ONLY_OWN : null) : ENDPOINT_OFF,
  }
}

/** What has no price cannot be called on the platform's account. */
const isBillable = ({ rates, funding }: Candidate): boolean => rates !== null || funding !== 'platform'

const ONLY_OWN =
  "the organization's own credential cannot serve, and is set never to be replaced by the platform's account"

const ENDPOINT_OFF = "the organization's endpoint is switched off, or does not take its key"

const HEALTH_ORDER: readonly HealthState[] = ['closed', 'half-open', 'open']

const bestOf = (states: readonly HealthState[]): HealthState =>
  HEALTH_ORDER.find((state) => states.includes(state)) ?? 'open'

/** Each offering on each of its accounts. Within one model those that are broken come last, whatever their offering's place. */
const spread = ({ candidates }: RoutePlan, accounts: Accounts): readonly Candidate[] => {
  const byModel = Map.groupBy(candidates, ({ modelId }) => modelId)
  return [...byModel.values()].flatMap((offerings) => {
    const all = offerings.flatMap(accounts.of).filter(isBillable)
    const isOpen = (candidate: Candidate): boolean => accounts.healthOf(candidate) === 'open'
    return [...all.filter((candidate) => !isOpen(candidate)), ...all.filter(isOpen)]
  })
}
