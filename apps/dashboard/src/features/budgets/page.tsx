import { CircleGauge } from 'lucide-react'
import Link from 'next/link'
import { LIMIT_SCOPES, type LimitScope } from '@atpar/core/quota'
import type { LimitHolder } from '@atpar/db/limit-holders'
import { can } from '@atpar/core/permissions'
import { listBudgetsAct } from '../../acts/limits/list-budgets.ts'
import { listRateLimitsAct } from '../../acts/limits/list-rate-limits.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { orNotFound } from '../../auth/or-not-found.ts'
import { BudgetDialog } from '../../limits/budget-dialog.tsx'
import { BudgetActions, BudgetRow, RateActions, RateRow } from '../../limits/limit-rows.tsx'
import { keyOf, SCOPE_WORDS } from '../../limits/limit-words.ts'
import { StaleNote } from '../../limits/stale-note.tsx'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { LiveRefresh } from '../../ui/live-refresh.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Segmented } from '../../ui/segmented.tsx'

const REFRESH_MS = 4_000

const pathOf = ({ scope, scopeId }: LimitHolder): string => {
  switch (scope) {
    case 'key':
      return `keys/${scopeId}`
    case 'member':
      return `members/${scopeId}`
    case 'team':
      return `teams/${scopeId}`
    case 'organization':
      return 'budgets?level=organization'
  }
}

const Owner = ({ holder, orgSlug }: { readonly holder: LimitHolder; readonly orgSlug: string }) => (
  <Link href={`/${orgSlug}/${pathOf(holder)}`} className="rounded underline-offset-4 hover:underline">
    {holder.scope === 'organization' ? 'Organization' : `${SCOPE_WORDS[holder.scope]} ${holder.name}`}
    {holder.ownerName !== null && <span className="font-normal text-muted"> of {holder.ownerName}</span>}
  </Link>
)

interface BudgetsPageProps {
  readonly params: Promise<{ readonly org: string }>
  readonly searchParams: Promise<{ level?: string | string[] }>
}

const isScope = (text: unknown): text is LimitScope => LIMIT_SCOPES.some((scope) => scope === text)

export const BudgetsPage = async ({ params, searchParams }: BudgetsPageProps) => {
  const { org } = await params
  const { level } = await searchParams
  const visit = await requireOrganization(org)
  const filter = isScope(level) ? { scope: level } : {}
  const context = await actAs(visit)
  const { budgets, isLive, manageable } = await orNotFound(listBudgetsAct(context, filter))
  const { rateLimits } = await orNotFound(listRateLimitsAct(context, filter))
  const mayManage = can(visit.role, 'budget:manage')
  return (
    <>
      <LiveRefresh everyMs={REFRESH_MS} />
      <PageHeader
        title="Budgets"
        detail="The fullest first. A request must fit every budget above its key; a key, member or team gets its own on its page."
        action={
          mayManage && (
            <BudgetDialog
              orgSlug={org}
              holderName="the organization"
              scope="organization"
              scopeId={visit.orgId}
              isMain
            />
          )
        }
      />
      <div className="space-y-4">
        <div className="flex">
          <Segmented
            label="Level"
            options={[
              { href: `/${org}/budgets`, label: 'All', isCurrent: !isScope(level) },
              ...LIMIT_SCOPES.toReversed().map((scope) => ({
                href: `/${org}/budgets?level=${scope}`,
                label: scope === 'organization' ? 'Organization' : `${SCOPE_WORDS[scope]}s`,
                isCurrent: scope === level,
              })),
            ]}
          />
        </div>
        <Card flush>
          <StaleNote isLive={isLive} />
          {budgets.length === 0 ? (
            <EmptyState icon={<CircleGauge />} title="No budgets here">
              Give a team, a member or a key what it may spend in a day, a week, a month or in total. When it is used
              up, requests are refused before they cost anything.
            </EmptyState>
          ) : (
            <ul className="divide-y">
              {budgets.map((view) => (
                <BudgetRow
                  key={keyOf(view)}
                  view={view}
                  owner={<Owner holder={view.holder} orgSlug={org} />}
                  actions={manageable.has(view.holder.scopeId) && <BudgetActions view={view} orgSlug={org} />}
                />
              ))}
            </ul>
          )}
        </Card>
        {rateLimits.length > 0 && (
          <Card flush title="Rate limits">
            <ul className="divide-y">
              {rateLimits.map((view) => (
                <RateRow
                  key={keyOf(view)}
                  view={view}
                  owner={<Owner holder={view.holder} orgSlug={org} />}
                  actions={manageable.has(view.holder.scopeId) && <RateActions view={view} orgSlug={org} />}
                />
              ))}
            </ul>
          </Card>
        )}
      </div>
    </>
  )
}
