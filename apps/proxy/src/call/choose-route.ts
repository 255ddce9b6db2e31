import type { Caller } from '@atpar/core/caller'
import { planAttempts } from '@atpar/core/routing'
import type { Deps } from '../deps.ts'
import type { IncomingCall, Plan } from './call-context.ts'

/** Step 3: the model the caller names, as an ordered list of offerings worth trying. @throws AppError unknown_model, model_not_allowed, model_not_priced, no_provider_available */
export const chooseRoute = (deps: Deps, caller: Caller, call: IncomingCall): Plan =>
  planAttempts({
    snapshot: call.snapshot,
    body: call.json,
    model: call.facts.model,
    allowedModels: caller.allowedModels,
    health: deps.health.stateOf,
    isReachable: deps.targets.isReachable,
  })
