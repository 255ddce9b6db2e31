import { Webhook } from 'lucide-react'
import { listStripeEvents, type StripeEventView } from '@atpar/db/stripe-events'
import { readDeps } from '../../deps.ts'
import { OperatorFrame } from '../../operator/operator-frame.tsx'
import { requireOperator } from '../../operator/require-operator.ts'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Time } from '../../ui/time.tsx'
import { RedoButton } from './redo-button.tsx'

const SHOWN = 100

const STATES = {
  waiting: { tone: 'warning', label: 'Waiting' },
  applied: { tone: 'good', label: 'Applied' },
  unchanged: { tone: 'neutral', label: 'Nothing new' },
  ignored: { tone: 'neutral', label: 'Not ours' },
  failed: { tone: 'bad', label: 'Failed' },
} as const

const EventRow = ({ event }: { readonly event: StripeEventView }) => {
  const { tone, label } = STATES[event.state]
  return (
    <li className="flex flex-wrap items-center justify-between gap-4 px-5 py-3.5">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
          {event.type}
          <Badge tone={tone}>{label}</Badge>
          {event.source === 'sweep' && <Badge tone="warning">No webhook came</Badge>}
        </p>
        <p className="mt-0.5 text-[13px] text-muted">
          <span className="break-all">{event.objectId}</span> · <Time atMs={event.receivedAtMs} />
          {event.deliveries > 1 && ` · delivered ${event.deliveries} times`}
          {event.attempts > 1 && ` · tried ${event.attempts} times`}
        </p>
        {event.lastError !== null && <p className="mt-0.5 text-[13px] break-words text-danger">{event.lastError}</p>}
      </div>
      <RedoButton eventId={event.id} />
    </li>
  )
}

/** For the platform's staff: what Stripe said and what came of it. To everybody else it does not exist. */
export const StripeEventsPage = async () => {
  await requireOperator()
  const { db, stripe } = readDeps()
  const events = await listStripeEvents(db, SHOWN)
  return (
    <OperatorFrame>
      <PageHeader
        title="Stripe events"
        detail="Each is a hint: its object is read again at Stripe, and the books follow that. Reading it once more changes nothing that is right."
      />
      <Card flush title={`The last ${SHOWN}`}>
        {events.length === 0 ? (
          <EmptyState icon={<Webhook />} title="Nothing heard yet">
            {stripe === null
              ? 'No Stripe key is set: nothing is collected.'
              : 'Events come to /api/stripe/webhook as customers add cards and invoices are paid.'}
          </EmptyState>
        ) : (
          <ul className="divide-y">
            {events.map((event) => (
              <EventRow key={event.id} event={event} />
            ))}
          </ul>
        )}
      </Card>
    </OperatorFrame>
  )
}
