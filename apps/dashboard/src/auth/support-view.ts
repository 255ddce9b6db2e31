import { headers } from 'next/headers'
import { DAY_MS } from '@atpar/core/durations'
import { recordAudit } from '@atpar/db/audit-log'
import type { SupportVisit } from '@atpar/db/support-access'
import { withTenant } from '@atpar/db/tenant'
import { readDeps } from '../deps.ts'
import { readClient } from './client.ts'
import { describePage } from './page-kind.ts'
import { PATH_HEADER } from './path-header.ts'
import type { Session } from './session.ts'

const ONCE = { limit: 1, windowMs: DAY_MS }

/** Which page an operator opened, once for each kind of page and log-in. What cannot be recorded is not shown. */
export const recordSupportView = async (visit: SupportVisit, session: Session): Promise<void> => {
  const { db, throttle } = readDeps()
  const given = await headers()
  const page = describePage(given.get(PATH_HEADER) ?? '', visit.slug)
  const subject = `support:${visit.accessId}:${session.sessionId}:${page}`
  if (!throttle.take(subject, ONCE)) return
  const { ip } = readClient(given)
  try {
    await withTenant(db, { orgId: visit.orgId, userId: session.userId }, (tx) =>
      recordAudit(tx, visit.orgId, {
        actorKind: 'support',
        actorUserId: session.userId,
        supportAccessId: visit.accessId,
        sessionId: session.sessionId,
        ...(ip === null ? {} : { ip }),
        action: 'support-viewed',
        subjectKind: 'page',
        subjectId: page,
        after: { operator: session.name },
      }),
    )
  } catch (error) {
    throttle.forget(subject)
    throw error
  }
}
