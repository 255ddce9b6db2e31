import { Scale } from 'lucide-react'
import { DAY_MS } from '@atpar/core/durations'
import { listIncidents, listReconciledDays, type IncidentView, type ReconciledDay } from '@atpar/db/operator-accounts'
import { withActor } from '@atpar/db/tenant'
import { readDeps } from '../../deps.ts'
import { Badge, type BadgeTone } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Money } from '../../ui/money.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Cell, HeaderCell, Row, Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { CloseIncidentButton } from './close-incident-button.tsx'
import { OperatorFrame } from '../../operator/operator-frame.tsx'
import { requireOperator } from '../../operator/require-operator.ts'

const DAYS_BACK = 62

const EXPLANATIONS: Readonly<Record<string, string>> = {
  unfinished_attempts: 'answers that were given up or broke off',
  neighbouring_day: 'counted on the day beside it',
  other_bucket: 'counted under another kind of input',
  not_on_our_books: 'calls we know nothing of',
  not_on_their_bill: 'calls that are not on the bill',
  counted_more: 'more than they told us',
  counted_less: 'less than they told us',
}

const VERDICTS: Readonly<Record<ReconciledDay['verdict'], { readonly tone: BadgeTone; readonly label: string }>> = {
  equal: { tone: 'good', label: 'Equal' },
  explained: { tone: 'info', label: 'Explained' },
  different: { tone: 'bad', label: 'Differs' },
}

const Buckets = ({ day }: { readonly day: ReconciledDay }) => {
  const differing = day.buckets.filter((bucket) => bucket.difference !== '0')
  if (differing.length === 0) return <span className="text-faint">none</span>
  return (
    <ul className="space-y-0.5 text-[13px]">
      {differing.map((bucket) => (
        <li key={bucket.bucket}>
          <span className="tabular-nums">
            {bucket.difference.startsWith('-') ? '' : '+'}
            {bucket.difference}
          </span>{' '}
          {bucket.bucket.replaceAll('_', ' ')}
          <span className="text-muted">: {EXPLANATIONS[bucket.explanation] ?? bucket.explanation}</span>
        </li>
      ))}
    </ul>
  )
}

const Incident = ({ incident }: { readonly incident: IncidentView }) => (
  <li className="flex flex-wrap items-start justify-between gap-3 px-5 py-3.5">
    <div className="min-w-0 flex-1">
      <p className="text-sm break-words">{incident.summary}</p>
      <p className="mt-0.5 text-[13px] text-muted">
        Since <Time atMs={incident.openedAtMs} />
        {incident.closedAtMs !== null && (
          <>
            , closed <Time atMs={incident.closedAtMs} />
            {incident.closedBy === null ? ' by itself' : ` by ${incident.closedBy}: ${incident.closingReason ?? ''}`}
          </>
        )}
      </p>
    </div>
    {incident.closedAtMs === null && (
      <CloseIncidentButton incidentId={incident.incidentId} summary={incident.summary} />
    )}
  </li>
)

const Incidents = ({ title, incidents }: { readonly title: string; readonly incidents: readonly IncidentView[] }) => (
  <Card flush title={title}>
    <ul className="divide-y">
      {incidents.map((incident) => (
        <Incident key={incident.incidentId} incident={incident} />
      ))}
    </ul>
  </Card>
)

const Days = ({ days }: { readonly days: readonly ReconciledDay[] }) => (
  <Table label="Days and models compared with the providers’ reports">
    <thead>
      <tr>
        <HeaderCell className="max-sm:hidden">Day</HeaderCell>
        <HeaderCell>Model</HeaderCell>
        <HeaderCell>State</HeaderCell>
        <HeaderCell numeric className="max-sm:hidden">
          Ours
        </HeaderCell>
        <HeaderCell numeric className="max-sm:hidden">
          Their bill
        </HeaderCell>
        <HeaderCell>Difference</HeaderCell>
      </tr>
    </thead>
    <tbody>
      {days.map((day) => (
        <Row key={`${day.day} ${day.provider} ${day.model}`}>
          <Cell className="align-top tabular-nums max-sm:hidden">{day.day}</Cell>
          <Cell className="align-top max-sm:max-w-32 max-sm:break-words" wraps>
            {day.model} <span className="block text-[13px] text-muted">{day.provider}</span>
            <span className="block text-[13px] text-muted tabular-nums sm:hidden">{day.day}</span>
          </Cell>
          <Cell className="align-top">
            <Badge tone={day.isAccepted ? 'neutral' : VERDICTS[day.verdict].tone}>
              {day.isAccepted ? 'accepted' : VERDICTS[day.verdict].label}
            </Badge>
          </Cell>
          <Cell numeric className="align-top max-sm:hidden">
            <Money pusd={day.ourCostPusd} />
          </Cell>
          <Cell numeric className="align-top max-sm:hidden">
            {day.billCostPusd === null ? (
              <span className="text-faint">no report</span>
            ) : (
              <Money pusd={day.billCostPusd} />
            )}
          </Cell>
          <Cell wraps className="align-top">
            <Buckets day={day} />
          </Cell>
        </Row>
      ))}
    </tbody>
  </Table>
)

/** What the providers say they charge us beside what our events say, and the incidents that came of it. */
export const ReconciliationPage = async () => {
  const { userId } = await requireOperator()
  const { db, nowMs } = readDeps()
  const since = new Date(nowMs() - DAYS_BACK * DAY_MS).toISOString().slice(0, 10)
  const { days, incidents } = await withActor(db, userId, async (tx) => ({
    days: await listReconciledDays(tx, since),
    incidents: await listIncidents(tx),
  }))
  const open = incidents.filter((incident) => incident.closedAtMs === null)
  const closed = incidents.filter((incident) => incident.closedAtMs !== null)
  return (
    <OperatorFrame>
      <PageHeader
        title="Reconciliation"
        detail="Providers’ own reports against our events, by UTC day and model. Finished calls have to agree to the unit."
      />
      {open.length > 0 && <Incidents title="Open incidents" incidents={open} />}
      <Card flush title="Days">
        {days.length === 0 ? (
          <EmptyState icon={<Scale />} title="No report yet">
            Give the worker OPENAI_ADMIN_KEY or ANTHROPIC_ADMIN_KEY and the reports come every night, or import a file
            by npm run operate -- reconcile.
          </EmptyState>
        ) : (
          <Days days={days} />
        )}
      </Card>
      {closed.length > 0 && <Incidents title="Closed" incidents={closed} />}
    </OperatorFrame>
  )
}
