import { Laptop } from 'lucide-react'
import type { SessionSummary } from '@atpar/db/sessions'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { Time } from '../../ui/time.tsx'
import { RevokeOthersButton } from './account-forms.tsx'
import { describeDevice } from './device.ts'
import { RevokeSessionButton } from './revoke-session-button.tsx'

interface SessionListProps {
  readonly sessions: readonly SessionSummary[]
  readonly ownSessionId: string
}

export const SessionList = ({ sessions, ownSessionId }: SessionListProps) => (
  <Card
    flush
    title="Sessions"
    detail="Where you are logged in. Revoking one logs that device out at once."
    action={sessions.length > 1 && <RevokeOthersButton />}
  >
    <ul className="divide-y">
      {sessions.map((listed) => (
        <li key={listed.sessionId} className="flex items-center justify-between gap-4 px-5 py-3">
          <div className="flex min-w-0 items-center gap-3">
            <Laptop className="size-5 shrink-0 text-muted" aria-hidden />
            <div className="min-w-0">
              <p className="flex flex-wrap items-center gap-2 font-medium">
                {describeDevice(listed.userAgent)}
                {listed.sessionId === ownSessionId && <Badge tone="good">This device</Badge>}
              </p>
              <p className="text-[13px] text-muted">
                {listed.ip !== null && <>{listed.ip} · </>}since <Time atMs={listed.createdAtMs} /> · last seen{' '}
                <Time atMs={listed.lastSeenAtMs} />
              </p>
            </div>
          </div>
          {listed.sessionId !== ownSessionId && (
            <RevokeSessionButton
              sessionId={listed.sessionId}
              label={`Revoke the session of ${describeDevice(listed.userAgent)}`}
            />
          )}
        </li>
      ))}
    </ul>
  </Card>
)
