import { ArrowRight, Rocket } from 'lucide-react'
import Link from 'next/link'
import { can } from '@atpar/core/permissions'
import { requireOrganization } from '../../auth/guard.ts'
import { formatCompact, formatCount, formatShare } from '../../format/number.ts'
import { BlockedMember } from '../../limits/blocked-member.tsx'
import { Badge } from '../../ui/badge.tsx'
import { BarChart } from '../../ui/bar-chart.tsx'
import { LinkButton } from '../../ui/button.tsx'
import { Card, Stat } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { LiveRefresh } from '../../ui/live-refresh.tsx'
import { Money } from '../../ui/money.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Progress } from '../../ui/progress.tsx'
import { ShareBar } from '../../ui/share-bar.tsx'
import { Time } from '../../ui/time.tsx'
import { describeOutcome } from '../../usage/outcome.ts'
import { AdministeredTeams } from './administered-teams.tsx'
import { readHome, type HomeView } from './queries.ts'

const REFRESH_MS = 5_000

interface StatsProps {
  readonly home: HomeView
  /** For whoever sees only their own use: where to look which budgets bind it. */
  readonly ownBudgetsPath: string | null
}

const Budget = ({ home, ownBudgetsPath }: StatsProps) => {
  const { budgetLimitPusd, spentPusd } = home
  if (ownBudgetsPath !== null)
    return (
      <Link href={ownBudgetsPath} className="rounded text-accent underline-offset-4 hover:underline">
        Budgets that bind you
      </Link>
    )
  if (budgetLimitPusd === null) return <>No budget is set</>
  const left = budgetLimitPusd > spentPusd ? budgetLimitPusd - spentPusd : 0n
  return (
    <div className="mt-2 space-y-1.5">
      <Progress label="Share of this month’s budget that is spent" part={spentPusd} whole={budgetLimitPusd} />
      <p>
        <Money pusd={left} detail="overview" /> left of <Money pusd={budgetLimitPusd} detail="overview" />
      </p>
    </div>
  )
}

const Stats = ({ home, ownBudgetsPath }: StatsProps) => (
  <div className="grid grid-cols-2 gap-4 xl:grid-cols-4 max-sm:[&>*:first-child]:col-span-2 max-sm:[&>*:last-child]:col-span-2">
    <Stat
      label="Spent this month"
      value={<Money pusd={home.spentPusd} detail="overview" />}
      detail={<Budget home={home} ownBudgetsPath={ownBudgetsPath} />}
    />
    <Stat label="Requests" value={formatCount(home.requests)} detail="this month" />
    <Stat
      label="Tokens"
      value={formatCompact(home.inputTokens + home.outputTokens)}
      detail={
        <>
          {formatCompact(home.inputTokens)} in, {formatCompact(home.outputTokens)} out
        </>
      }
    />
    <Stat
      label="Errors"
      value={formatCount(home.failures)}
      detail={home.requests === 0 ? 'of no requests' : `${formatShare(home.failures, home.requests)} of requests`}
    />
  </div>
)

const TopModels = ({ home }: { readonly home: HomeView }) => (
  <Card flush title="Top models" detail="This month, by cost">
    <ul className="divide-y">
      {home.topModels.map((model) => (
        <li key={model.modelId} className="flex items-center justify-between gap-4 px-5 py-2.5">
          <div className="min-w-0">
            <p className="truncate font-medium" title={model.modelId}>
              {model.modelId}
            </p>
            <ShareBar part={model.billedPusd} whole={home.spentPusd} />
          </div>
          <div className="text-right">
            <Money pusd={model.billedPusd} detail="overview" />
            <p className="text-[13px] text-muted tabular-nums">
              {formatCount(model.requests)} {model.requests === 1 ? 'request' : 'requests'}
            </p>
          </div>
        </li>
      ))}
    </ul>
  </Card>
)

const Latest = ({ home, orgSlug }: { readonly home: HomeView; readonly orgSlug: string }) => (
  <Card
    flush
    title="Latest requests"
    action={
      <Link
        href={`/${orgSlug}/requests`}
        className="inline-flex items-center gap-1 rounded text-[13px] font-medium text-accent underline-offset-4 hover:underline"
      >
        All requests <ArrowRight className="size-3.5" aria-hidden />
      </Link>
    }
  >
    <ul className="divide-y">
      {home.latest.map((request) => {
        const outcome = describeOutcome(request.outcome)
        return (
          <li
            key={request.requestId}
            className="relative flex items-center justify-between gap-4 px-5 py-2.5 hover:bg-subtle/60"
          >
            <div className="min-w-0">
              <Link
                href={`/${orgSlug}/requests/${request.requestId}`}
                className="block truncate font-medium after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
              >
                {request.modelId}
              </Link>
              <p className="truncate text-[13px] text-muted">
                <Time atMs={request.startedAtMs} style="second" /> · {request.keyName ?? 'Deleted key'}
              </p>
            </div>
            <div className="flex shrink-0 items-center gap-3">
              <Badge tone={outcome.tone}>{outcome.label}</Badge>
              <span className="w-20 text-right">
                <Money pusd={request.billedPusd} detail="overview" />
              </span>
            </div>
          </li>
        )
      })}
    </ul>
  </Card>
)

export const HomePage = async ({ params }: { readonly params: Promise<{ readonly org: string }> }) => {
  const { org } = await params
  const visit = await requireOrganization(org)
  const home = await readHome(visit)
  const isUnused = home.latest.length === 0

  return (
    <>
      <LiveRefresh everyMs={REFRESH_MS} />
      <PageHeader
        title={visit.organization.name}
        detail={can(visit.role, 'usage:read') ? 'This month so far, UTC' : 'Your own use this month so far, UTC'}
      />
      <div className="space-y-4">
        <BlockedMember visit={visit} />
        <Stats home={home} ownBudgetsPath={can(visit.role, 'usage:read') ? null : `/${org}/budgets`} />
        <AdministeredTeams visit={visit} />
        {isUnused ? (
          <Card>
            <EmptyState
              icon={<Rocket />}
              title="Make your first call"
              action={<LinkButton href={`/${org}/start`}>Show me how</LinkButton>}
            >
              A key, a base URL and a model&rsquo;s name. What you spend, how it went and what it cost appear here
              within seconds.
            </EmptyState>
          </Card>
        ) : (
          <>
            <Card title="Cost" detail="30 days, by UTC day, stacked by model">
              <BarChart
                summary="Cost by day over 30 days, stacked by model. The usage page holds the figures."
                series={home.chart.series}
                bars={home.chart.bars}
                unit="money"
              />
            </Card>
            <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
              {home.topModels.length > 0 && <TopModels home={home} />}
              <Latest home={home} orgSlug={org} />
            </div>
          </>
        )}
      </div>
    </>
  )
}
