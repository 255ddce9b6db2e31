import { Activity, ArrowLeft, ArrowRight } from 'lucide-react'
import Link from 'next/link'
import { requireOrganization } from '../../auth/guard.ts'
import { formatCompact, formatDuration } from '../../format/number.ts'
import { Badge } from '../../ui/badge.tsx'
import { LinkButton } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { LiveRefresh } from '../../ui/live-refresh.tsx'
import { Money } from '../../ui/money.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Cell, HeaderCell, Row, Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { describeOutcome } from '../../usage/outcome.ts'
import { readRequests, type ListedRequest } from './queries.ts'

interface RequestsPageProps {
  readonly params: Promise<{ readonly org: string }>
  readonly searchParams: Promise<{ readonly before?: string | string[] }>
}

const REFRESH_MS = 3_000

const RequestRow = ({ orgSlug, request }: { readonly orgSlug: string; readonly request: ListedRequest }) => {
  const outcome = describeOutcome(request.outcome)
  return (
    <Row className="relative">
      <Cell className="max-sm:w-full max-sm:max-w-0">
        {/* The link covers its row: one target for the mouse, one stop for the keyboard. */}
        <Link
          href={`/${orgSlug}/requests/${request.requestId}`}
          className="block truncate font-medium after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
        >
          {request.modelId}
        </Link>
        <span className="block truncate text-xs text-muted">
          {request.provider}
          <span className="max-sm:hidden">{request.streamed && ' · streamed'}</span>
          <span className="sm:hidden">
            {' · '}
            <Time atMs={request.startedAtMs} />
          </span>
        </span>
      </Cell>
      <Cell className="text-muted max-sm:hidden">
        <Time atMs={request.startedAtMs} style="second" />
      </Cell>
      <Cell className="max-w-44 truncate text-muted max-sm:hidden">{request.keyName ?? 'Deleted key'}</Cell>
      <Cell className="max-sm:hidden">
        <Badge tone={outcome.tone}>{outcome.label}</Badge>
      </Cell>
      <Cell numeric className="text-muted max-sm:hidden">
        {formatDuration(request.durationMs)}
      </Cell>
      <Cell numeric className="max-sm:hidden">
        {formatCompact(request.inputTokens)} <span className="text-faint">→</span> {formatCompact(request.outputTokens)}
      </Cell>
      <Cell numeric>
        <Money pusd={request.billedPusd} detail="overview" />
        <span className="mt-0.5 block sm:hidden">
          <Badge tone={outcome.tone}>{outcome.label}</Badge>
        </span>
      </Cell>
    </Row>
  )
}

export const RequestsPage = async ({ params, searchParams }: RequestsPageProps) => {
  const [{ org }, query] = await Promise.all([params, searchParams])
  const visit = await requireOrganization(org)
  const { requests, before, next } = await readRequests(visit, query.before)

  return (
    <>
      {before === null && <LiveRefresh everyMs={REFRESH_MS} />}
      <PageHeader
        title="Requests"
        detail="What was called, how it went and what it cost. Prompts and answers are stored only where you choose so."
      />
      <Card flush>
        {requests.length === 0 ? (
          <EmptyState
            icon={<Activity />}
            title={before === null ? 'No requests yet' : 'No older requests'}
            action={
              before === null && (
                <LinkButton href={`/${org}/start`} size="small">
                  Make a call
                </LinkButton>
              )
            }
          >
            {before === null
              ? 'Point an OpenAI or Anthropic SDK at the gateway with one of your keys; each call appears here within seconds.'
              : 'You have reached the first request on record.'}
          </EmptyState>
        ) : (
          <Table label="Requests">
            <thead>
              <tr>
                <HeaderCell>Model</HeaderCell>
                <HeaderCell className="max-sm:hidden">Time</HeaderCell>
                <HeaderCell className="max-sm:hidden">Key</HeaderCell>
                <HeaderCell className="max-sm:hidden">Outcome</HeaderCell>
                <HeaderCell numeric className="max-sm:hidden">
                  Duration
                </HeaderCell>
                <HeaderCell numeric className="max-sm:hidden">
                  Tokens in → out
                </HeaderCell>
                <HeaderCell numeric>Cost</HeaderCell>
              </tr>
            </thead>
            <tbody>
              {requests.map((request) => (
                <RequestRow key={request.requestId} orgSlug={org} request={request} />
              ))}
            </tbody>
          </Table>
        )}
      </Card>
      {(before !== null || next !== null) && (
        <nav aria-label="Pages" className="mt-4 flex justify-between">
          {before === null ? (
            <span />
          ) : (
            <LinkButton href={`/${org}/requests`} tone="secondary" size="small">
              <ArrowLeft aria-hidden /> Newest
            </LinkButton>
          )}
          {next !== null && (
            <LinkButton href={`/${org}/requests?before=${next}`} tone="secondary" size="small">
              Older <ArrowRight aria-hidden />
            </LinkButton>
          )}
        </nav>
      )}
    </>
  )
}
