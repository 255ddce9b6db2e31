import type { Caller } from '@atpar/core/caller'
import { narrow, type GuardPolicy } from '@atpar/core/guardrails'

/** The caller with the models that both its key and its guardrails allow. */
export const narrowCaller = (caller: Caller, policy: GuardPolicy): Caller => ({
  ...caller,
  allowedModels: narrow(caller.allowedModels, policy.allowedModels),
})
