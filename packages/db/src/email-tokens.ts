import type { Db, Tx } from './client.ts'
import { newId } from './new-id.ts'

/** What a link in a mail is good for. One made for one purpose does nothing else. */
export type EmailTokenPurpose = 'sign-up' | 'verify-email' | 'reset-password' | 'magic-link' | 'reauthenticate'

export interface NewEmailToken {
  readonly purpose: EmailTokenPurpose
  readonly email: string
  /** Null when nobody has the address. */
  readonly userId: string | null
  /** SHA-256 of the token in the mail; the token itself is stored nowhere. */
  readonly tokenHash: Uint8Array
  /** Of the person signing up. */
  readonly name: string | null
  /** Where they were going: a path of this site. */
  readonly nextPath: string | null
  readonly expiresAtMs: number
}

export interface EmailToken {
  readonly email: string
  readonly userId: string | null
  readonly name: string | null
  readonly nextPath: string | null
}

interface TokenRecord {
  readonly email: string
  readonly user_id: string | null
  readonly name: string | null
  readonly next_path: string | null
}

const toToken = ([row]: readonly TokenRecord[]): EmailToken | null =>
  row === undefined ? null : { email: row.email, userId: row.user_id, name: row.name, nextPath: row.next_path }

export const issueEmailToken = async (db: Db | Tx, token: NewEmailToken): Promise<void> => {
  await db.$executeRaw`SELECT issue_email_token(${newId()}::uuid, ${token.purpose}, ${token.email}, ${token.userId}::uuid,
    ${Uint8Array.from(token.tokenHash)}, ${token.name}, ${token.nextPath}, ${new Date(token.expiresAtMs)})`
}

/** Without using it up: for the page that shows what the link will do. Null when unknown, used, over or for something else. */
export const findEmailToken = async (
  db: Db | Tx,
  tokenHash: Uint8Array,
  purpose: EmailTokenPurpose,
): Promise<EmailToken | null> =>
  toToken(await db.$queryRaw<TokenRecord[]>`SELECT * FROM find_email_token(${Uint8Array.from(tokenHash)}, ${purpose})`)

/** Uses it up; of two at once one gets null. */
export const redeemEmailToken = async (
  db: Db | Tx,
  tokenHash: Uint8Array,
  purpose: EmailTokenPurpose,
): Promise<EmailToken | null> =>
  toToken(await db.$queryRaw<TokenRecord[]>`SELECT * FROM use_email_token(${Uint8Array.from(tokenHash)}, ${purpose})`)

/** Every open link to an address is over: after a password was changed, the older mails in the box must open nothing. */
export const voidEmailTokens = async (db: Db | Tx, email: string): Promise<void> => {
  await db.$executeRaw`SELECT void_email_tokens(${email})`
}
