import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { mayChangeRole, ROLES } from '@atpar/core/permissions'
import { changeRole, findMember } from '@atpar/db/members'
import { defineAct } from '../define-act.ts'

/**
 * Gives a member another role. Nobody raises themselves, an admin neither makes nor unmakes an owner, and one owner always stays.
 * @throws AppError not_found, forbidden
 */
export const changeRoleAct = defineAct({
  name: 'change-role',
  effect: 'write',
  permission: 'member:update',
  input: z.strictObject({ memberId: z.string(), role: z.enum(ROLES) }),
  run: async (act, { memberId, role }) => {
    const member = await findMember(act.tx, act.orgId, memberId)
    if (member === null) throw new AppError('not_found', { message: 'There is no such member.' })
    const isOneself = member.memberId === act.memberId
    if (!mayChangeRole({ by: act.role, isOneself, from: member.role, to: role }))
      throw new AppError('forbidden', {
        message: isOneself ? 'Nobody raises their own role.' : 'Your role cannot give or take that role.',
        param: 'role',
      })
    if (member.role === role) return
    await changeRole(act.tx, act.orgId, { memberId, role })
    await act.audit({
      action: 'member-role-changed',
      subjectKind: 'member',
      subjectId: memberId,
      before: { role: member.role },
      after: { role },
    })
  },
})
