import { ChartColumn } from 'lucide-react'
import { can } from '@atpar/core/permissions'
import { requireOrganization } from '../../auth/guard.ts'
import { BarChart } from '../../ui/bar-chart.tsx'
import { LinkButton } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { LiveRefresh } from '../../ui/live-refresh.tsx'
import { Money } from '../../ui/money.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { ExportCard } from './export/export-card.tsx'
import { RANGES, RANGE_LABELS } from '../../usage/range.ts'
import { readUsage } from './queries.ts'
import { GROUPS, GROUP_LABELS, parseUsageQuery, usageHref } from './query-string.ts'
import { sumRows } from './rows.ts'
import { UsageTable } from './usage-table.tsx'

interface UsagePageProps {
  readonly params: Promise<{ readonly org: string }>
  readonly searchParams: Promise<Record<string, string | string[] | undefined>>
}

/** Half of the five seconds in which a call must show, so that one missed beat is harmless. */
const REFRESH_MS = 2_000

const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10)

export const UsagePage = async ({ params, searchParams }: UsagePageProps) => {
  const [{ org }, raw] = await Promise.all([params, searchParams])
  const visit = await requireOrganization(org)
  const query = parseUsageQuery(raw)
  const usage = await readUsage(visit, query)
  const total = sumRows(usage.rows)
  const label = GROUP_LABELS[query.group]

  return (
    <>
      <LiveRefresh everyMs={REFRESH_MS} />
      <PageHeader
        title="Usage"
        detail="Billed at list price. Days and months are UTC, as on the invoice."
        action={
          <Segmented
            label="Time range"
            options={RANGES.map((range) => ({
              href: usageHref(org, { ...query, range }),
              label: RANGE_LABELS[range],
              isCurrent: range === query.range,
            }))}
          />
        }
      />
      <div className="space-y-4">
        {usage.teams.length > 0 && (
          <Segmented
            label="Whose"
            options={[
              {
                href: usageHref(org, { ...query, teamId: null }),
                label: can(visit.role, 'usage:read') ? 'Everyone' : 'Mine',
                isCurrent: query.teamId === null,
              },
              ...usage.teams.map((team) => ({
                href: usageHref(org, { ...query, teamId: team.teamId }),
                label: team.name,
                isCurrent: query.teamId === team.teamId,
              })),
            ]}
          />
        )}
        <Card
          title={<Money pusd={total.billedPusd} detail="overview" />}
          detail={`Cost by ${usage.range.step}, stacked by model`}
        >
          <BarChart
            summary={`Cost by ${usage.range.step} over ${RANGE_LABELS[query.range].toLowerCase()}, stacked by model. The table below holds the figures.`}
            series={usage.chart.series}
            bars={usage.chart.bars}
            unit="money"
          />
        </Card>
        <Card
          flush
          title={`By ${label.toLowerCase()}`}
          action={
            <Segmented
              label="Group by"
              options={GROUPS.map((group) => ({
                href: usageHref(org, { ...query, group }),
                label: GROUP_LABELS[group],
                isCurrent: group === query.group,
              }))}
            />
          }
        >
          {usage.rows.length === 0 ? (
            <EmptyState
              icon={<ChartColumn />}
              title="No calls in this time"
              action={
                <LinkButton href={`/${org}/start`} tone="secondary" size="small">
                  Make a call
                </LinkButton>
              }
            >
              A call appears here within five seconds of its end, with its exact cost.
            </EmptyState>
          ) : (
            <UsageTable label={label} rows={usage.rows} />
          )}
        </Card>
        <ExportCard
          orgSlug={org}
          fromDay={dayOf(usage.range.fromMs)}
          toDay={dayOf(usage.range.toMs - 1)}
          teamId={query.teamId}
        />
      </div>
    </>
  )
}
