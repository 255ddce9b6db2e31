import type { Client } from './session-token.ts'

const MAX_USER_AGENT = 400

/** The device behind a request. The address is Next's own `x-forwarded-for`: shown to the owner of the session and counted, never trusted. */
export const readClient = (headers: Headers): Client => ({
  userAgent: headers.get('user-agent')?.slice(0, MAX_USER_AGENT) ?? null,
  ip: headers.get('x-forwarded-for')?.split(',')[0]?.trim() ?? null,
})
