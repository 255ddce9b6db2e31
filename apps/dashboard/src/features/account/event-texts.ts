import type { SecurityEventKind } from '@atpar/db/security-events'

/** What happened, in the words of the person it happened to. */
export const EVENT_TEXTS: Readonly<Record<SecurityEventKind, string>> = {
  'account-created': 'Account created',
  'email-verified': 'E-mail address confirmed',
  'identity-linked': 'Sign-in provider connected',
  'identity-unlinked': 'Sign-in provider disconnected',
  'magic-link-sent': 'Link to log in sent',
  'password-changed': 'Password changed',
  'password-reset': 'Password reset by mail',
  'password-reset-sent': 'Link to reset the password sent',
  reauthenticated: 'Confirmed that it is you',
  'reauthentication-failed': 'Failed to confirm that it is you',
  'recovery-code-used': 'Recovery code used',
  'recovery-codes-replaced': 'Recovery codes replaced',
  'second-factor-failed': 'Wrong two-factor code',
  'session-revoked': 'Session ended',
  'sessions-revoked': 'All other sessions ended',
  'sign-in-failed': 'Wrong password',
  'sign-up-repeated': 'Somebody signed up with your address',
  'signed-in': 'Logged in',
  'two-factor-disabled': 'Two-factor authentication turned off',
  'two-factor-enabled': 'Two-factor authentication turned on',
}

const ALARMING: ReadonlySet<SecurityEventKind> = new Set([
  'reauthentication-failed',
  'second-factor-failed',
  'sign-in-failed',
  'sign-up-repeated',
])

/** Whether somebody who did not do it should look twice. */
export const isAlarming = (event: SecurityEventKind): boolean => ALARMING.has(event)
