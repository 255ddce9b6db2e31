import { DAY_MS } from '@atpar/core/durations'
import { generateToken, hashToken } from '@atpar/crypto/token'
import { AppError } from '@atpar/core/errors'
import { canGrantRole, type Role } from '@atpar/core/permissions'
import { readOrganization } from '@atpar/db/organizations'
import { findProfile } from '@atpar/db/users'
import { readDeps, type Mail } from '../../deps.ts'
import { readEnv } from '../../env.ts'
import type { Act } from '../define-act.ts'
import { INVITATION_DAYS } from './invitation-mail.ts'

/** Mails of one organization in a day: enough for a whole company to join, too few to be of use for spam. */
const MAIL_RULE = { limit: 300, windowMs: DAY_MS }

/** Someone has to have sent it, to be named in the mail and to be held to it. @throws AppError forbidden for a management key */
export const requireInviter = async (act: Act): Promise<{ readonly userId: string; readonly name: string }> => {
  const profile = act.userId === null ? null : await findProfile(act.tx, act.userId)
  if (profile === null) throw new AppError('forbidden', { message: 'People invite people: sign in to do this.' })
  return profile
}

/** @throws AppError forbidden */
export const requireGrantable = (act: Act, role: Role): void => {
  if (!canGrantRole(act.role, role))
    throw new AppError('forbidden', { message: `Your role cannot give the role "${role}".`, param: 'role' })
}

/** @throws AppError rate_limited */
export const takeMailAllowance = (act: Act, mails: number): void => {
  const { throttle } = readDeps()
  for (let count = 0; count < mails; count += 1) {
    if (!throttle.take(`invitations:${act.orgId}`, MAIL_RULE))
      throw new AppError('rate_limited', { message: 'Too many invitations were sent today. Try again tomorrow.' })
  }
}

export interface InvitationLink {
  readonly tokenHash: Uint8Array
  readonly link: string
  readonly expiresAtMs: number
}

/** The text of the link is in the mail and nowhere else. */
export const makeInvitationLink = (act: Act): InvitationLink => {
  const token = generateToken()
  return {
    tokenHash: hashToken(token),
    link: `${readEnv().dashboardUrl}/join/${token}`,
    expiresAtMs: act.atMs + INVITATION_DAYS * DAY_MS,
  }
}

export const readOrganizationName = async (act: Act): Promise<string> =>
  (await readOrganization(act.tx, act.orgId))?.name ?? ''

/** @throws AppError overloaded when the queue does not take it: the transaction is undone with it. */
export const sendOrRefuse = async (mail: Mail): Promise<void> => {
  const { sendMail, log } = readDeps()
  try {
    await sendMail(mail)
  } catch (error) {
    log.error('mail-not-queued', { reason: error instanceof Error ? error.message : String(error) })
    throw new AppError('overloaded', {
      message: 'Mail cannot be sent right now. Nothing was changed; try again in a moment.',
      cause: error,
    })
  }
}
