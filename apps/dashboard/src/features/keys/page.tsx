import { KeyRound } from 'lucide-react'
import { can } from '@atpar/core/permissions'
import { requireOrganization } from '../../auth/guard.ts'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Money } from '../../ui/money.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Progress } from '../../ui/progress.tsx'
import { Cell, HeaderCell, Row, Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { CreateKeyDialog } from './create-key-dialog.tsx'
import { readKeys, type ListedKey } from './queries.ts'
import { RevokeKeyDialog } from './revoke-key-dialog.tsx'

const shownForm = (key: ListedKey) => `${key.publicPrefix}…${key.lastFour}`

const BudgetCell = ({ apiKey }: { readonly apiKey: ListedKey }) =>
  apiKey.budgets.length === 0 ? (
    <span className="text-faint">No limit</span>
  ) : (
    <span className="inline-flex flex-col items-end gap-1">
      {apiKey.budgets.map((budget) => (
        <span key={budget.period} className="text-[13px]">
          <Money pusd={budget.limitPusd} detail="overview" /> <span className="text-muted">/ {budget.period}</span>
        </span>
      ))}
      {apiKey.monthlyLimitPusd !== null && (
        <span className="w-24">
          <Progress
            label={`Share of the monthly budget of ${apiKey.name} that is spent`}
            part={apiKey.spentThisMonthPusd}
            whole={apiKey.monthlyLimitPusd}
          />
        </span>
      )}
    </span>
  )

const KeyRow = ({
  apiKey,
  orgSlug,
  mayRevoke,
}: {
  readonly apiKey: ListedKey
  readonly orgSlug: string
  readonly mayRevoke: boolean
}) => (
  <Row className={apiKey.status === 'revoked' ? 'opacity-75' : ''}>
    <Cell>
      <span className="block font-medium">{apiKey.name}</span>
      <code className="block font-mono text-xs text-muted max-sm:max-w-36 max-sm:break-all max-sm:whitespace-normal">
        {shownForm(apiKey)}
      </code>
      <span className="block text-xs text-muted sm:hidden">{apiKey.ownerName}</span>
    </Cell>
    <Cell className="max-sm:hidden">
      <span className="flex items-center gap-2">
        {apiKey.ownerName}
        {apiKey.kind === 'service' && <Badge>service</Badge>}
      </span>
      {apiKey.allowedModels.length > 0 && (
        <span className="block text-xs text-muted" title={apiKey.allowedModels.join(', ')}>
          {apiKey.allowedModels.length === 1 ? 'one model' : `${apiKey.allowedModels.length} models`} only
        </span>
      )}
    </Cell>
    <Cell className="text-muted max-sm:hidden">
      <Time atMs={apiKey.createdAtMs} style="day" />
    </Cell>
    <Cell className="text-muted max-sm:hidden">
      {apiKey.lastUsedAtMs === null ? 'Never' : <Time atMs={apiKey.lastUsedAtMs} style="hour" />}
    </Cell>
    <Cell numeric>
      <Money pusd={apiKey.spentThisMonthPusd} detail="overview" />
    </Cell>
    <Cell numeric className="max-sm:hidden">
      <BudgetCell apiKey={apiKey} />
    </Cell>
    <Cell className="text-right">
      {apiKey.status === 'revoked' ? (
        <Badge tone="bad">Revoked</Badge>
      ) : (
        mayRevoke && (
          <RevokeKeyDialog orgSlug={orgSlug} keyId={apiKey.keyId} name={apiKey.name} shown={shownForm(apiKey)} />
        )
      )}
    </Cell>
  </Row>
)

export const KeysPage = async ({ params }: { readonly params: Promise<{ readonly org: string }> }) => {
  const { org } = await params
  const visit = await requireOrganization(org)
  const { keys, teams } = await readKeys(visit)
  const mayCreate = can(visit.role, 'key:create:own')
  const create = mayCreate && (
    <CreateKeyDialog orgSlug={org} teams={teams} mayCreateServiceKeys={can(visit.role, 'key:create')} />
  )

  return (
    <>
      <PageHeader
        title="Keys"
        detail="Each call carries one. A key may be limited in models and in money."
        action={create}
      />
      <Card flush>
        {keys.length === 0 ? (
          <EmptyState icon={<KeyRound />} title="No keys yet">
            {mayCreate
              ? 'Create one for each program or person: usage is told apart by key, and one can be stopped without stopping the others.'
              : 'Keys of yours appear here. Your role does not create keys; an owner or an admin does.'}
          </EmptyState>
        ) : (
          <Table label="Keys">
            <thead>
              <tr>
                <HeaderCell>Name</HeaderCell>
                <HeaderCell className="max-sm:hidden">Owner</HeaderCell>
                <HeaderCell className="max-sm:hidden">Created</HeaderCell>
                <HeaderCell className="max-sm:hidden">Last used</HeaderCell>
                <HeaderCell numeric>This month</HeaderCell>
                <HeaderCell numeric className="max-sm:hidden">
                  Budget
                </HeaderCell>
                <HeaderCell>
                  <span className="sr-only">Actions</span>
                </HeaderCell>
              </tr>
            </thead>
            <tbody>
              {keys.map((key) => (
                <KeyRow
                  key={key.keyId}
                  apiKey={key}
                  orgSlug={org}
                  mayRevoke={
                    can(visit.role, 'key:revoke') ||
                    (can(visit.role, 'key:revoke:own') && key.memberId === visit.memberId)
                  }
                />
              ))}
            </tbody>
          </Table>
        )}
      </Card>
    </>
  )
}
