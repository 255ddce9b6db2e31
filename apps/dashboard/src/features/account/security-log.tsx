import type { RecordedSecurityEvent } from '@atpar/db/security-events'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { Time } from '../../ui/time.tsx'
import { describeDevice } from './device.ts'
import { EVENT_TEXTS, isAlarming } from './event-texts.ts'

export const SecurityLog = ({ events }: { readonly events: readonly RecordedSecurityEvent[] }) => (
  <Card flush title="Security log" detail="What happened to your account. Nobody can change or remove an entry.">
    {events.length === 0 ? (
      <p className="px-5 py-4 text-sm text-muted">Nothing yet. Every log-in from now on is listed here.</p>
    ) : (
      <ul className="divide-y">
        {events.map((event) => (
          <li key={event.id} className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-0.5 px-5 py-2.5">
            <p className="flex min-w-0 flex-wrap items-center gap-2 text-sm">
              {EVENT_TEXTS[event.event]}
              {event.detail !== null && <span className="text-muted">{event.detail}</span>}
              {isAlarming(event.event) && <Badge tone="warning">Was it you?</Badge>}
            </p>
            <p className="text-[13px] text-muted">
              {describeDevice(event.userAgent)}
              {event.ip !== null && <> · {event.ip}</>} · <Time atMs={event.createdAtMs} />
            </p>
          </li>
        ))}
      </ul>
    )}
  </Card>
)
