import { ChevronRight } from 'lucide-react'
import type { Metadata } from 'next'
import type { UsageEvent } from '@atpar/core/usage-event'
import { requireOrganization } from '../../auth/guard.ts'
import { formatDuration } from '../../format/number.ts'
import { formatPeriod } from '../../format/time.ts'
import { BackLink } from '../../ui/back-link.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { CodeBlock, CopyableId } from '../../ui/code-block.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Money } from '../../ui/money.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Time } from '../../ui/time.tsx'
import { describeAbsorbed, describeOutcome } from '../../usage/outcome.ts'
import { USAGE_SOURCE_TEXT } from '../../usage/units.ts'
import { AttemptsTimeline } from './attempts.tsx'
import { CostTable } from './cost-table.tsx'
import { readRequest, type PricedEvent, type RequestDetail } from './queries.ts'
import { RequestContent } from './request-content.tsx'
import { Trail } from './trail.tsx'

const EventCost = ({ priced, isOnlyOne }: { readonly priced: PricedEvent; readonly isOnlyOne: boolean }) => {
  const { event, breakdown } = priced
  const kind = {
    settle: `attempt ${event.attempt}`,
    correction: `correction of attempt ${event.attempt}`,
    refund: `refund of attempt ${event.attempt}`,
  }[event.kind]
  return (
    <Card
      flush
      title={isOnlyOne ? 'Tokens × price' : `Tokens × price, ${kind}`}
      detail={`List prices of ${event.provider}, price book ${event.priceBookId}, pinned when the request was admitted`}
      action={
        <Badge
          title={USAGE_SOURCE_TEXT[event.usageSource].detail}
          tone={event.usageSource === 'provider_final' ? 'good' : 'neutral'}
        >
          Usage: {USAGE_SOURCE_TEXT[event.usageSource].label}
        </Badge>
      }
    >
      <CostTable
        breakdown={breakdown}
        billedPusd={event.billedPusd}
        absorbedPusd={event.absorbedPusd}
        absorbedText={event.absorbedReason === null ? null : describeAbsorbed(event.absorbedReason)}
      />
    </Card>
  )
}

const RawUsage = ({ event }: { readonly event: UsageEvent }) => (
  <details className="group rounded-xl border bg-surface">
    <summary className="flex items-center gap-2 rounded-xl px-5 py-3.5 text-sm font-semibold">
      <ChevronRight className="size-4 text-muted transition-transform group-open:rotate-90" aria-hidden />
      Usage as {event.provider} reported it, attempt {event.attempt}
    </summary>
    <div className="px-5 pb-5">
      <CodeBlock code={JSON.stringify(event.providerUsageRaw, null, 2)} label="raw usage" />
    </div>
  </details>
)

const About = ({ request }: { readonly request: RequestDetail }) => {
  const { final, keyName } = request
  return (
    <Card title="About">
      <Facts
        facts={[
          { name: 'Request', value: <CopyableId id={final.requestId} label="request id" /> },
          ...(final.providerRequestId === null
            ? []
            : [
                {
                  name: 'Provider’s id',
                  value: <CopyableId id={final.providerRequestId} label="provider’s request id" />,
                },
              ]),
          { name: 'Started', value: <Time atMs={request.startedAtMs} style="second" /> },
          { name: 'Asked for', value: <code className="font-mono text-[13px] break-all">{final.modelRequested}</code> },
          {
            name: 'Served',
            value: <code className="font-mono text-[13px] break-all">{final.modelServed ?? '–'}</code>,
          },
          { name: 'Endpoint', value: `${final.endpoint}${final.streamed ? ', streamed' : ''}` },
          { name: 'Key', value: keyName },
          { name: 'Billed in', value: formatPeriod(final.invoicePeriod) },
          { name: 'Held for it', value: <Money pusd={final.estimatePusd} detail="overview" /> },
        ]}
      />
    </Card>
  )
}

interface RequestPageProps {
  readonly params: Promise<{ readonly org: string; readonly id: string }>
}

/** Asks for the request as the page does, so that one that is not found has no title of its own either. */
export const requestMetadata = async ({ params }: RequestPageProps): Promise<Metadata> => {
  const { org, id } = await params
  const { final } = await readRequest(await requireOrganization(org), id)
  return { title: `Request to ${final.modelId}` }
}

export const RequestPage = async ({ params }: RequestPageProps) => {
  const { org, id } = await params
  const visit = await requireOrganization(org)
  const request = await readRequest(visit, id)
  const { final, attempts, events } = request
  const outcome = describeOutcome(final.outcome)

  return (
    <>
      <BackLink href={`/${org}/requests`}>Requests</BackLink>
      <PageHeader
        title={
          <span className="flex flex-wrap items-center gap-2.5">
            {final.modelId} <Badge tone={outcome.tone}>{outcome.label}</Badge>
          </span>
        }
        detail={
          <>
            {final.provider} · {formatDuration(request.endedAtMs - request.startedAtMs)} · billed{' '}
            <Money pusd={request.billedPusd} />
          </>
        }
      />
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="min-w-0 space-y-4">
          {events.map((priced) => (
            <EventCost
              key={`${priced.event.attempt}:${priced.event.kind}:${priced.event.seq}`}
              priced={priced}
              isOnlyOne={events.length === 1}
            />
          ))}
          <RequestContent orgSlug={org} requestId={final.requestId} role={visit.role} state={request.content} />
          <Card
            flush
            title={attempts.length === 1 ? 'One attempt' : `${attempts.length} attempts`}
            detail="Light: waiting. Full: answering."
          >
            <AttemptsTimeline attempts={attempts} />
          </Card>
          <Card flush title="Route" detail="What was considered, in order, and why.">
            <Trail steps={final.trail} />
          </Card>
          {attempts.map((attempt) =>
            attempt.providerUsageRaw === null ? null : <RawUsage key={attempt.attempt} event={attempt} />,
          )}
        </div>
        <About request={request} />
      </div>
    </>
  )
}
