import { readLimitsAct } from '../acts/limits/read-limits.ts'
import { actAs, type Visit } from '../auth/guard.ts'
import type { Level } from '@atpar/db/limit-holders'
import { Card } from '../ui/card.tsx'
import { findBinding } from './blocking.ts'
import { BudgetDialog } from './budget-dialog.tsx'
import { BudgetActions, BudgetRow, RateActions, RateRow } from './limit-rows.tsx'
import { describeHolder, keyOf, SCOPE_WORDS } from './limit-words.ts'
import { nullWhenNotTheirs } from './null-when-not-theirs.ts'
import { RateDialog } from './rate-dialog.tsx'
import { StaleNote } from './stale-note.tsx'

const ownerOf = ({ scope, name }: { readonly scope: keyof typeof SCOPE_WORDS; readonly name: string }): string =>
  scope === 'organization' ? 'Organization' : `${SCOPE_WORDS[scope]} ${name}`

/**
 * The limits of one key, member, team or of the organization, with those above it that its requests must fit too; set and changed here by those
 * who may. For any page about it.
 */
export const LimitsPanel = async ({ visit, level }: { readonly visit: Visit; readonly level: Level }) => {
  const limits = await readLimitsAct(await actAs(visit), level).catch(nullWhenNotTheirs)
  if (limits === null) return null
  const { holder, budgets, rates, above, mayManage } = limits
  const orgSlug = visit.organization.slug
  const address = { orgSlug, holderName: describeHolder(holder), scope: level.scope, scopeId: level.scopeId }
  const all = { budgets: [...budgets, ...above.budgets], rates: [...rates, ...above.rates], isLive: limits.isLive }
  const binding = findBinding(all)
  const isBinding = (view: { readonly budget: { readonly id: string } }) => view.budget.id === binding?.budget.id
  const isEmpty = budgets.length === 0 && rates.length === 0
  const hasAbove = above.budgets.length > 0 || above.rates.length > 0
  return (
    <Card
      flush
      title="Limits"
      detail={isEmpty ? 'None of its own' : 'Every request must fit all of them'}
      action={
        mayManage && (
          <span className="flex gap-2">
            <BudgetDialog {...address} />
            <RateDialog {...address} />
          </span>
        )
      }
    >
      <StaleNote isLive={limits.isLive} />
      {limits.isSharedWithOthers && (
        <p className="border-b px-5 py-3 text-[13px] text-muted">
          {holder.name} is in teams that you do not administer as well, so an admin of the organization sets these.
        </p>
      )}
      {!isEmpty && (
        <ul className="divide-y">
          {budgets.map((view) => (
            <BudgetRow
              key={keyOf(view)}
              view={view}
              isBinding={isBinding(view)}
              actions={mayManage && <BudgetActions view={view} orgSlug={orgSlug} />}
            />
          ))}
          {rates.map((view) => (
            <RateRow
              key={keyOf(view)}
              view={view}
              actions={mayManage && <RateActions view={view} orgSlug={orgSlug} />}
            />
          ))}
        </ul>
      )}
      {hasAbove && (
        <>
          <h3 className="border-t bg-subtle/50 px-5 py-2 text-[13px] font-medium text-muted first:border-t-0">
            Also counts against
          </h3>
          <ul className="divide-y border-t">
            {above.budgets.map((view) => (
              <BudgetRow key={keyOf(view)} view={view} owner={ownerOf(view.holder)} isBinding={isBinding(view)} />
            ))}
            {above.rates.map((view) => (
              <RateRow key={keyOf(view)} view={view} owner={ownerOf(view.holder)} />
            ))}
          </ul>
        </>
      )}
      {isEmpty && !hasAbove && (
        <p className="px-5 py-4 text-sm text-muted">Nothing limits it. A budget refuses requests once it is used up.</p>
      )}
    </Card>
  )
}
