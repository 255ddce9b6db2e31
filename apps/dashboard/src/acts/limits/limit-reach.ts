import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { can, reaches, type Standing } from '@atpar/core/permissions'
import { listLimitHolders, type Level, type LimitHolder } from '@atpar/db/limit-holders'
import type { Act } from '../define-act.ts'
import { limitScope } from './limit-inputs.ts'

/**
 * Whether these limits are theirs to set: an admin's everywhere, a team admin's inside their team. A member's limits count in every team the
 * member is in, so they are a team admin's only when all of those are.
 */
export const mayManageLimits = (who: Standing, holder: LimitHolder): boolean => {
  if (can(who.role, 'budget:manage')) return true
  if (holder.scope === 'organization' || holder.teamIds.length === 0) return false
  return holder.teamIds.every((teamId) => reaches(who, 'budget:manage', { memberId: null, teamId }))
}

/** Somebody of their team whose limits are not theirs to set, because they count in teams of others too. */
export const isSharedWithOthers = (who: Standing, holder: LimitHolder): boolean =>
  holder.scope === 'member' &&
  !mayManageLimits(who, holder) &&
  holder.teamIds.some((teamId) => reaches(who, 'budget:manage', { memberId: null, teamId }))

/**
 * Whether they may read what is spent there: everything for those who read everyone's usage; else what binds them (their own, their teams, the
 * organization) and what they administer.
 */
const maySeeLimits = (who: Standing, holder: LimitHolder): boolean => {
  if (can(who.role, 'usage:read') || holder.scope === 'organization') return true
  if (holder.scope === 'team') return who.teamRoles.has(holder.scopeId)
  if (holder.memberId !== null && holder.memberId === who.memberId) return true
  return holder.teamIds.some((teamId) => reaches(who, 'usage:read', { memberId: null, teamId }))
}

const requireHolder = async (
  act: Act,
  level: Level,
  isTheirs: (who: Standing, holder: LimitHolder) => boolean,
): Promise<LimitHolder> => {
  const [holder] = await listLimitHolders(act.tx, act.orgId, level)
  // As for an id nobody has: whether it exists is not theirs to know.
  if (holder === undefined || !isTheirs(act, holder)) throw new AppError('not_found')
  return holder
}

/** Whose limits to list: one level's, one holder's, or those of all when neither is said. */
export const holderFilter = z.strictObject({ scope: limitScope.optional(), scopeId: z.uuid().optional() })

/** Those whose limits they may see. Those of revoked keys are left out. */
export const listVisibleHolders = async (
  act: Act,
  { scope, scopeId }: z.output<typeof holderFilter>,
): Promise<readonly LimitHolder[]> =>
  (await listLimitHolders(act.tx, act.orgId)).filter(
    (holder) =>
      holder.isActive &&
      maySeeLimits(act, holder) &&
      (scope === undefined || holder.scope === scope) &&
      (scopeId === undefined || holder.scopeId === scopeId),
  )

/** @throws AppError not_found when it is not there, or not theirs to limit */
export const requireManageable = (act: Act, level: Level): Promise<LimitHolder> =>
  requireHolder(act, level, mayManageLimits)

/** @throws AppError not_found when it is not there, or not theirs to see */
export const requireVisible = (act: Act, level: Level): Promise<LimitHolder> => requireHolder(act, level, maySeeLimits)
