import type { KeySummary } from '@atpar/db/api-keys'
import { Badge } from '../ui/badge.tsx'
import { Money } from '../ui/money.tsx'
import { Cell, HeaderCell, Row, Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'

interface KeyListProps {
  readonly label: string
  readonly keys: readonly KeySummary[]
  /** Whose key it is, where the list is of several people. */
  readonly hasOwners?: boolean
}

/** Keys beside a member or a team: which, whose, when last, how much. Everything else is on the keys page. */
export const KeyList = ({ label, keys, hasOwners = false }: KeyListProps) => (
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
          <Cell>
            <span className="flex items-center gap-2 font-medium">
              {key.name}
              {key.status === 'revoked' && <Badge tone="bad">Revoked</Badge>}
            </span>
            <code className="font-mono text-xs text-muted">
              {key.publicPrefix}…{key.lastFour}
            </code>
          </Cell>
          {hasOwners && (
            <Cell className="max-sm:hidden">{key.kind === 'service' ? <Badge>Service</Badge> : key.memberName}</Cell>
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
