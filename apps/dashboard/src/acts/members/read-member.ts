import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { findMember } from '@atpar/db/members'
import { defineAct } from '../define-act.ts'
import { withFigures, type MemberView } from './member-view.ts'

/** @throws AppError not_found for former members too */
export const readMemberAct = defineAct({
  name: 'read-member',
  effect: 'read',
  permission: 'member:read',
  input: z.strictObject({ memberId: z.string() }),
  run: async (act, { memberId }): Promise<MemberView> => {
    const member = await findMember(act.tx, act.orgId, memberId)
    const [view] = member === null ? [] : await withFigures(act, [member])
    if (view === undefined) throw new AppError('not_found', { message: 'There is no such member.' })
    return view
  },
})
