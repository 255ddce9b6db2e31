import { KeyRound } from 'lucide-react'
import Link from 'next/link'
import { requireOrganization } from '../../auth/guard.ts'
import { orNotFound } from '../../auth/or-not-found.ts'
import { readDeps } from '../../deps.ts'
import { formatCompact, formatCount } from '../../format/number.ts'
import { roomOf, type BudgetView } from '../../limits/limit-state.ts'
import { describeFilter, formatAmount, PERIOD_WORDS } from '../../limits/limit-words.ts'
import { StaleNote } from '../../limits/stale-note.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { FilterForm } from '../../ui/filter-form.tsx'
import { LimitBar } from '../../ui/limit-bar.tsx'
import { LiveRefresh } from '../../ui/live-refresh.tsx'
import { Money } from '../../ui/money.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Cell, HeaderCell, Row, Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { CreateKeyDialog } from './create-key-dialog.tsx'
import { KeyStatus } from './key-status.tsx'
import { readKeys, type ListedKey } from './queries.ts'
import { ScopeChips } from './scope-chips.tsx'

const REFRESH_MS = 4_000

const BudgetLine = ({ view, keyName }: { readonly view: BudgetView; readonly keyName: string }) => {
  const { budget } = view
  const filter = describeFilter(budget)
  return (
    <span className="block space-y-1">
      <span className="flex justify-between gap-3 text-[13px]">
        <span className={roomOf(view) === 0n && budget.hard ? 'text-danger' : ''}>
          {formatAmount(view.used, budget.unit)}{' '}
          <span className="text-muted">of {formatAmount(view.limit, budget.unit)}</span>
        </span>
        <span className="text-muted">
          {filter === null ? PERIOD_WORDS[budget.period].per : `${PERIOD_WORDS[budget.period].per}, ${filter}`}
        </span>
      </span>
      <LimitBar
        label={`${PERIOD_WORDS[budget.period].name} of ${keyName}`}
        used={view.used}
        held={view.held}
        limit={view.limit}
      />
    </span>
  )
}

const BudgetLines = ({ apiKey }: { readonly apiKey: ListedKey }) =>
  apiKey.limits.budgets.map((view) => <BudgetLine key={view.budget.id} view={view} keyName={apiKey.name} />)

const LimitCell = ({ apiKey }: { readonly apiKey: ListedKey }) => {
  const { budgets, rates } = apiKey.limits
  if (budgets.length === 0 && rates.length === 0) return <span className="text-faint">None of its own</span>
  return (
    <span className="block w-56 space-y-2">
      <BudgetLines apiKey={apiKey} />
      {rates.length > 0 && (
        <span className="block text-[13px] whitespace-normal text-muted tabular-nums">
          {rates
            .flatMap(({ requests, tokens, concurrent }) => [
              ...(requests === null
                ? []
                : [`${formatCount(requests.used)} of ${formatCount(requests.limit)} requests/min`]),
              ...(tokens === null
                ? []
                : [`${formatCompact(tokens.used)} of ${formatCompact(tokens.limit)} tokens/min`]),
              ...(concurrent === null ? [] : [`${concurrent.used} of ${concurrent.limit} running`]),
            ])
            .join(' · ')}
        </span>
      )}
    </span>
  )
}

interface KeyRowProps {
  readonly apiKey: ListedKey
  readonly orgSlug: string
  readonly nowMs: number
}

const KeyRow = ({ apiKey, orgSlug, nowMs }: KeyRowProps) => (
  <Row className={apiKey.status === 'revoked' ? 'opacity-75' : ''}>
    <Cell className="w-full max-w-0 align-top sm:w-auto sm:max-w-72">
      <span className="flex min-w-0 items-center gap-2 max-sm:flex-wrap">
        <Link
          href={`/${orgSlug}/keys/${apiKey.keyId}`}
          title={apiKey.name}
          className="truncate rounded font-medium underline-offset-4 hover:underline"
        >
          {apiKey.name}
        </Link>
        <KeyStatus apiKey={apiKey} nowMs={nowMs} />
      </span>
      <code className="block truncate font-mono text-xs text-muted">
        {apiKey.publicPrefix}…{apiKey.lastFour}
      </code>
      <span className="block truncate text-xs text-muted sm:hidden">{apiKey.ownerName}</span>
      <ScopeChips apiKey={apiKey} />
      {apiKey.limits.budgets.length > 0 && (
        <span className="mt-2 block max-w-64 space-y-2 sm:hidden">
          <BudgetLines apiKey={apiKey} />
        </span>
      )}
    </Cell>
    <Cell className="max-w-52 align-top max-sm:hidden">
      <span className="flex min-w-0 items-center gap-2 max-sm:flex-wrap">
        <span className="truncate" title={apiKey.ownerName}>
          {apiKey.ownerName}
        </span>
        {apiKey.kind === 'service' && <Badge>Service</Badge>}
      </span>
      {apiKey.kind === 'member' && apiKey.teamName !== null && (
        <span className="block truncate text-xs text-muted" title={apiKey.teamName}>
          {apiKey.teamName}
        </span>
      )}
    </Cell>
    <Cell className="align-top text-muted max-md:hidden">
      {apiKey.lastUsedAtMs === null ? 'Never' : <Time atMs={apiKey.lastUsedAtMs} style="hour" />}
    </Cell>
    <Cell numeric className="align-top">
      <Money pusd={apiKey.spentThisMonthPusd} detail="overview" />
    </Cell>
    <Cell className="align-top max-sm:hidden">
      <LimitCell apiKey={apiKey} />
    </Cell>
  </Row>
)

interface KeysPageProps {
  readonly params: Promise<{ readonly org: string }>
  readonly searchParams: Promise<{ q?: string | string[]; whose?: string | string[] }>
}

const only = (value: string | string[] | undefined): string => (Array.isArray(value) ? value[0] : value) ?? ''

const WHOSE = { label: 'Whose', name: 'whose' } as const

export const KeysPage = async ({ params, searchParams }: KeysPageProps) => {
  const { org } = await params
  const { q, whose } = await searchParams
  const visit = await requireOrganization(org)
  const filter = { search: only(q).slice(0, 100), isMineOnly: only(whose) === 'mine' }
  const { keys, owners, seesOthers, isCut, isLive } = await orNotFound(readKeys(visit, filter))
  const isFiltered = filter.search !== '' || filter.isMineOnly
  const options = [
    { value: '', label: 'All keys' },
    { value: 'mine', label: 'Mine' },
  ]

  return (
    <>
      <LiveRefresh everyMs={REFRESH_MS} />
      <PageHeader
        title="Keys"
        detail="Each call carries one. A key may be limited in what it does, how fast, and in money."
        action={owners.length > 0 && <CreateKeyDialog orgSlug={org} owners={owners} />}
      />
      <div className="space-y-4">
        {(keys.length > 0 || isFiltered) && (
          <FilterForm
            searchLabel="Search by name, label or holder"
            search={filter.search}
            {...(seesOthers ? { choice: { ...WHOSE, value: filter.isMineOnly ? 'mine' : '', options } } : {})}
          />
        )}
        <Card flush>
          <StaleNote isLive={isLive} />
          {keys.length === 0 ? (
            <EmptyState icon={<KeyRound />} title={isFiltered ? 'No key fits' : 'No keys yet'}>
              {isFiltered
                ? 'None of the keys you may see matches.'
                : owners.length > 0
                  ? 'Create one for each program or person: usage is told apart by key, and one can be stopped without stopping the others.'
                  : 'Keys of yours appear here. Your role does not create keys; an owner or an admin does.'}
            </EmptyState>
          ) : (
            <Table label="Keys">
              <thead>
                <tr>
                  <HeaderCell>Name</HeaderCell>
                  <HeaderCell className="max-sm:hidden">Owner</HeaderCell>
                  <HeaderCell className="max-md:hidden">Last used</HeaderCell>
                  <HeaderCell numeric>This month</HeaderCell>
                  <HeaderCell className="max-sm:hidden">Limits</HeaderCell>
                </tr>
              </thead>
              <tbody>
                {keys.map((key) => (
                  <KeyRow key={key.keyId} apiKey={key} orgSlug={org} nowMs={readDeps().nowMs()} />
                ))}
              </tbody>
            </Table>
          )}
        </Card>
        {isCut && (
          <p className="px-1 text-sm text-muted">
            These are the first {formatCount(keys.length)}: active ones first, the newest on top. Search to find
            another.
          </p>
        )}
      </div>
    </>
  )
}
