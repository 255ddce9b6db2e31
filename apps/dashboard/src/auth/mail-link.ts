import { after } from 'next/server'
import { MINUTE_MS } from '@atpar/core/durations'
import { AppError } from '@atpar/core/errors'
import { generateToken, hashToken } from '@atpar/crypto/token'
import { issueEmailToken, type EmailTokenPurpose } from '@atpar/db/email-tokens'
import type { SecurityEventKind } from '@atpar/db/security-events'
import { findAccount } from '@atpar/db/users'
import { readDeps } from '../deps.ts'
import { readEnv } from '../env.ts'
import {
  accountExistsMail,
  magicLinkMail,
  noAccountMail,
  resetPasswordMail,
  signUpMail,
  verifyEmailMail,
  type MailText,
} from './mails.ts'
import { networkOf } from './network-of.ts'
import { noteSecurityEvent } from './security-log.ts'
import type { Client } from './session-token.ts'

const LINK_MS = 30 * MINUTE_MS
/** A person who does not find the mail asks again; nobody's box is filled from here. */
const ADDRESS_RULE = { limit: 5, windowMs: 60 * MINUTE_MS }
const NETWORK_RULE = { limit: 30, windowMs: 60 * MINUTE_MS }
const EVERYONE_RULE = { limit: 2_000, windowMs: 60 * MINUTE_MS }

export type LinkPurpose = Exclude<EmailTokenPurpose, 'reauthenticate'>

interface LinkKind {
  readonly path: string
  /** Of the address: what the link takes for granted. */
  readonly needsAccount: boolean
  readonly write: (mail: { readonly url: string; readonly name: string }) => MailText
  /** What the owner of an account reads in their record. */
  readonly event: SecurityEventKind | null
}

const KINDS: Readonly<Record<LinkPurpose, LinkKind>> = {
  'sign-up': { path: '/sign-up/confirm', needsAccount: false, write: signUpMail, event: 'sign-up-repeated' },
  'verify-email': { path: '/account/verify-email', needsAccount: true, write: verifyEmailMail, event: null },
  'reset-password': {
    path: '/log-in/reset-password',
    needsAccount: true,
    write: resetPasswordMail,
    event: 'password-reset-sent',
  },
  'magic-link': { path: '/log-in/link', needsAccount: true, write: magicLinkMail, event: 'magic-link-sent' },
}

export interface LinkOrder {
  readonly purpose: LinkPurpose
  readonly email: string
  /** Of the person signing up. */
  readonly name?: string
  /** A path of this site to go on to. */
  readonly nextPath: string | null
  readonly client: Client
}

/** @throws AppError rate_limited, for addresses that have an account as for those that have none. */
const takeTurn = async (email: string, ip: string | null): Promise<void> => {
  const { attempts } = readDeps()
  const isAllowed = await Promise.all([
    attempts.take(`mail:${email}`, ADDRESS_RULE),
    attempts.take(`mail:${networkOf(ip)}`, NETWORK_RULE),
    attempts.take('mail:everyone', EVERYONE_RULE),
  ])
  if (!isAllowed.every(Boolean))
    throw new AppError('rate_limited', { message: 'Too many mails were asked for. Try again in an hour.' })
}

/**
 * Sends one mail to one address: the link, or, when the address is not what the link takes for granted, a word that it is not. Both ways are
 * the same steps (one look-up, one row, one mail), so neither the answer nor its time tells whether an address has an account.
 * @throws AppError rate_limited
 */
export const sendMailLink = async (order: LinkOrder): Promise<void> => {
  const { db, nowMs, sendMail } = readDeps()
  const { dashboardUrl } = readEnv()
  const kind = KINDS[order.purpose]
  await takeTurn(order.email, order.client.ip)
  const account = await findAccount(db, order.email)
  const isFitting = (account !== null) === kind.needsAccount
  const token = generateToken()
  await issueEmailToken(db, {
    purpose: order.purpose,
    email: order.email,
    userId: account?.userId ?? null,
    // A row that no mail opens takes as long to write as one that some mail does.
    tokenHash: hashToken(isFitting ? token : generateToken()),
    name: order.name ?? null,
    nextPath: order.nextPath,
    expiresAtMs: nowMs() + LINK_MS,
  })
  const name = account?.name ?? order.name ?? 'there'
  const mail = isFitting
    ? kind.write({ url: `${dashboardUrl}${kind.path}/${token}`, name })
    : account === null
      ? noAccountMail({ url: `${dashboardUrl}/sign-up` })
      : accountExistsMail({ url: `${dashboardUrl}/log-in`, name })
  await sendMail({ to: order.email, ...mail })
  const { event } = kind
  // After the answer: only accounts that exist have a record to write to.
  if (account !== null && event !== null) after(() => noteSecurityEvent(account.userId, { event }, order.client))
}
