import { recordSecurityEvent, type SecurityEvent } from '@atpar/db/security-events'
import { withActor } from '@atpar/db/tenant'
import { readDeps } from '../deps.ts'

interface Device {
  readonly userAgent: string | null
  readonly ip: string | null
}

/** Into the person's own record, in a transaction of its own: for what happened whether or not anything was changed. */
export const noteSecurityEvent = (
  userId: string,
  event: Pick<SecurityEvent, 'event' | 'detail'>,
  { ip, userAgent }: Device,
): Promise<void> =>
  withActor(readDeps().db, userId, (tx) => recordSecurityEvent(tx, userId, { ...event, ip, userAgent }))
