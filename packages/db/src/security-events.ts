import type { Tx } from './client.ts'
import { newId } from './new-id.ts'

/** What can happen to an account. Noun and past verb. */
export type SecurityEventKind =
  | 'account-created'
  | 'email-verified'
  | 'identity-linked'
  | 'identity-unlinked'
  | 'magic-link-sent'
  | 'password-changed'
  | 'password-reset'
  | 'password-reset-sent'
  | 'reauthenticated'
  | 'reauthentication-failed'
  | 'recovery-code-used'
  | 'recovery-codes-replaced'
  | 'second-factor-failed'
  | 'session-revoked'
  | 'sessions-revoked'
  | 'sign-in-failed'
  | 'signed-in'
  | 'sign-up-repeated'
  | 'two-factor-disabled'
  | 'two-factor-enabled'

export interface SecurityEvent {
  readonly event: SecurityEventKind
  readonly ip: string | null
  readonly userAgent: string | null
  /** One word or name: the method, the provider, a count. Never a secret. */
  readonly detail?: string
}

export interface RecordedSecurityEvent {
  readonly id: string
  readonly event: SecurityEventKind
  readonly ip: string | null
  readonly userAgent: string | null
  readonly detail: string | null
  readonly createdAtMs: number
}

/** Into a person's own record, which can be added to and not changed. Inside `withActor` of that person. */
export const recordSecurityEvent = async (tx: Tx, userId: string, event: SecurityEvent): Promise<void> => {
  await tx.securityEvent.create({
    data: {
      id: newId(),
      userId,
      event: event.event,
      ip: event.ip,
      userAgent: event.userAgent,
      detail: event.detail ?? null,
    },
  })
}

/** Newest first. */
export const listSecurityEvents = async (
  tx: Tx,
  userId: string,
  limit: number,
): Promise<readonly RecordedSecurityEvent[]> => {
  const rows = await tx.securityEvent.findMany({ where: { userId }, orderBy: { id: 'desc' }, take: limit })
  return rows.map((row) => ({
    id: row.id,
    event: row.event as SecurityEventKind,
    ip: row.ip,
    userAgent: row.userAgent,
    detail: row.detail,
    createdAtMs: row.createdAt.getTime(),
  }))
}
