import Link from 'next/link'
import type { KeySummary } from '@atpar/db/api-keys'
import { Badge } from '../ui/badge.tsx'
import { Money } from '../ui/money.tsx'
import { Cell, HeaderCell, Row, Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'

interface KeyListProps {
  readonly label: string
  readonly orgSlug: string
  readonly keys: readonly KeySummary[]
  /** Whose key it is, where the list is of several people. */
  readonly hasOwners?: boolean
}

/** Keys beside a member or a team: which, whose, when last, how much. Everything else is on the keys page. */
export const KeyList = ({ label, orgSlug, keys, hasOwners = false }: KeyListProps) => (
  <Table label={label}>
    <thead>
      <tr>
        <HeaderCell>Key</HeaderCell>
        {hasOwners && <HeaderCell className="max-sm:hidden">Owner</HeaderCell>}
        <HeaderCell className="max-sm:hidden">Last used</HeaderCell>
        <HeaderCell numeric>This month</HeaderCell>
      </tr>
    </thead>
    <tbody>
      {keys.map((key) => (
        <Row key={key.keyId}>
          <Cell className="w-full max-w-0 sm:w-auto sm:max-w-80">
            <span className="flex min-w-0 items-center gap-2">
              <Link
                href={`/${orgSlug}/keys/${key.keyId}`}
                title={key.name}
                className="truncate rounded font-medium underline-offset-4 hover:underline"
              >
                {key.name}
              </Link>
              {key.status === 'revoked' && <Badge tone="bad">Revoked</Badge>}
            </span>
            <code className="block truncate font-mono text-xs text-muted">
              {key.publicPrefix}…{key.lastFour}
            </code>
            {hasOwners && (
              <span className="block truncate text-xs text-muted sm:hidden">{key.memberName ?? 'Service key'}</span>
            )}
          </Cell>
          {hasOwners && (
            <Cell className="max-w-52 truncate max-sm:hidden" title={key.memberName ?? undefined}>
              {key.kind === 'service' ? <Badge>Service</Badge> : key.memberName}
            </Cell>
          )}
          <Cell className="text-muted max-sm:hidden">
            {key.lastUsedAtMs === null ? 'Never' : <Time atMs={key.lastUsedAtMs} style="hour" />}
          </Cell>
          <Cell numeric>
            <Money pusd={key.spentThisMonthPusd} detail="overview" />
          </Cell>
        </Row>
      ))}
    </tbody>
  </Table>
)
