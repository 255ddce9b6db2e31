import { can, type ScopedPermission } from '@atpar/core/permissions'
import type { Act } from './define-act.ts'

export interface WhoseFilter {
  readonly memberId?: string | undefined
  readonly teamId?: string | undefined
}

/**
 * Narrows a list to what the actor may see: all of the organization, the teams they administer when one of them is asked for, else their own.
 * @throws AppError not_found when they ask for someone else's, whether or not that someone exists.
 */
export const narrowToReach = (act: Act, permission: ScopedPermission, asked: WhoseFilter): WhoseFilter => {
  if (can(act.role, permission)) return asked
  const narrowed =
    asked.teamId === undefined && asked.memberId === undefined && act.memberId !== null
      ? { memberId: act.memberId }
      : asked
  act.requireReach(permission, { memberId: narrowed.memberId ?? null, teamId: narrowed.teamId ?? null })
  return narrowed
}
