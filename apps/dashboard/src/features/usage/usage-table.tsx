import clsx from 'clsx'
import { decimalsFor } from '../../format/money.ts'
import { formatCompact, formatCount, formatShare } from '../../format/number.ts'
import { MoneyInColumn } from '../../ui/money.tsx'
import { ShareBar } from '../../ui/share-bar.tsx'
import { Cell, HeaderCell, Row, Table } from '../../ui/table.tsx'
import { sumRows, type UsageRow } from './rows.ts'

const Tokens = ({ count }: { readonly count: bigint }) => <span title={formatCount(count)}>{formatCompact(count)}</span>

export const UsageTable = ({ label, rows }: { readonly label: string; readonly rows: readonly UsageRow[] }) => {
  const total = sumRows(rows)
  const decimals = decimalsFor([...rows.map((row) => row.billedPusd), total.billedPusd])
  return (
    <Table label={`Usage by ${label.toLowerCase()}`}>
      <thead>
        <tr>
          <HeaderCell>{label}</HeaderCell>
          <HeaderCell numeric>Requests</HeaderCell>
          <HeaderCell numeric className="max-sm:hidden">
            Errors
          </HeaderCell>
          <HeaderCell numeric className="max-sm:hidden">
            Input tokens
          </HeaderCell>
          <HeaderCell numeric className="max-sm:hidden">
            Output tokens
          </HeaderCell>
          <HeaderCell numeric>Cost</HeaderCell>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.id}>
            <Cell className="max-w-72">
              <span className="block truncate font-medium" title={row.name}>
                {row.name}
              </span>
              <ShareBar part={row.billedPusd} whole={total.billedPusd} />
            </Cell>
            <Cell numeric>{formatCount(row.requests)}</Cell>
            <Cell numeric className={clsx('max-sm:hidden', row.failures > 0 ? 'text-danger' : 'text-faint')}>
              {row.failures > 0 ? (
                <span title={formatShare(row.failures, row.requests)}>{formatCount(row.failures)}</span>
              ) : (
                '0'
              )}
            </Cell>
            <Cell numeric className="max-sm:hidden">
              <Tokens count={row.inputTokens} />
            </Cell>
            <Cell numeric className="max-sm:hidden">
              <Tokens count={row.outputTokens} />
            </Cell>
            <Cell numeric>
              <MoneyInColumn pusd={row.billedPusd} decimals={decimals} />
            </Cell>
          </Row>
        ))}
      </tbody>
      <tfoot>
        <tr className="border-t border-line-strong font-semibold">
          <Cell>Total</Cell>
          <Cell numeric>{formatCount(total.requests)}</Cell>
          <Cell numeric className="max-sm:hidden">
            {formatCount(total.failures)}
          </Cell>
          <Cell numeric className="max-sm:hidden">
            <Tokens count={total.inputTokens} />
          </Cell>
          <Cell numeric className="max-sm:hidden">
            <Tokens count={total.outputTokens} />
          </Cell>
          <Cell numeric data-testid="usage-total">
            <MoneyInColumn pusd={total.billedPusd} decimals={decimals} />
          </Cell>
        </tr>
      </tfoot>
    </Table>
  )
}
