'use server'

import { redirect } from 'next/navigation'
import { hashToken } from '@atpar/crypto/token'
import { acceptInvitation } from '@atpar/db/invitations'
import { requireUser } from '../../auth/guard.ts'
import { readDeps } from '../../deps.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'

/** Opening the link changes nothing, because mail scanners open links too: this does, from a button. */
export const acceptInvitationAction = async (
  token: string,
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('accept-invitation', async (): Promise<FormState> => {
    const { userId, email } = await requireUser()
    const { orgSlug } = await acceptInvitation(readDeps().db, { tokenHash: hashToken(token), userId, email })
    return redirect(`/${orgSlug}`)
  })
