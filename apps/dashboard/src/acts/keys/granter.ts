import { AppError } from '@atpar/core/errors'
import { scopeBeyond, WIDEST_SCOPE, type KeyScope } from '@atpar/core/key-scope'
import { reaches } from '@atpar/core/permissions'
import type { KeySummary } from '@atpar/db/api-keys'
import type { Act } from '../define-act.ts'

const FIELD_WORDS: Readonly<Record<keyof KeyScope, string>> = {
  allowedModels: 'models',
  allowedEndpoints: 'endpoints',
  allowedRoutes: 'routes',
  allowedCidrs: 'networks',
  expiresAtMs: 'a later end',
}

/** Whether the key is theirs to shape as more than its holder: as an admin, or the admin of its team. */
const reachesBeyondOwn = (act: Act, key: KeySummary): boolean => reaches({ ...act, memberId: null }, 'key:create', key)

/**
 * Whether this key's scope is theirs to decide: an admin, a team admin, and whoever decided it last. Its holder, when somebody else did, may only
 * narrow it.
 */
export const decidesScope = (act: Act, key: KeySummary): boolean =>
  reachesBeyondOwn(act, key) || (act.userId !== null && key.scopeSetByUserId === act.userId)

export interface WantedScope {
  readonly scope: KeyScope
  readonly labels: readonly string[]
}

/** @throws AppError forbidden when the key would reach further than they may let it */
export const requireScopeWithin = (act: Act, key: KeySummary, wanted: WantedScope): void => {
  const granter: WantedScope = decidesScope(act, key)
    ? { scope: WIDEST_SCOPE, labels: [] }
    : { scope: key, labels: key.labels }
  const beyond = scopeBeyond(wanted.scope, granter.scope)
  if (beyond !== null)
    throw new AppError('forbidden', {
      message: `An admin decided what this key may do. You can narrow it, not give it ${FIELD_WORDS[beyond]}.`,
      param: beyond,
    })
  // A budget may count by a label: taking it off would leave that budget.
  const missing = granter.labels.filter((label) => !wanted.labels.includes(label))
  if (missing.length > 0)
    throw new AppError('forbidden', {
      message: `An admin labelled this key ${missing.join(', ')}. You can add labels, not take these off.`,
      param: 'labels',
    })
}
