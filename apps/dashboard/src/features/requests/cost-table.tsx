import { Check, TriangleAlert } from 'lucide-react'
import { decimalsFor, formatPerMillion } from '../../format/money.ts'
import { formatCount } from '../../format/number.ts'
import { Badge } from '../../ui/badge.tsx'
import { Banner } from '../../ui/banner.tsx'
import { MoneyInColumn } from '../../ui/money.tsx'
import { Cell, HeaderCell, Row, Table } from '../../ui/table.tsx'
import { BUCKET_LABELS } from '../../usage/units.ts'
import type { CostBreakdown } from './cost.ts'

interface Costs {
  readonly billedPusd: bigint
  readonly absorbedPusd: bigint
  readonly absorbedText: string | null
}

interface CostTableProps extends Costs {
  readonly breakdown: CostBreakdown
}

export const CostTable = ({ breakdown, ...costs }: CostTableProps) => {
  if (breakdown.kind === 'nothing-used')
    return <p className="px-5 py-4 text-muted">No usage was recorded for this attempt, so nothing is billed.</p>
  if (breakdown.kind === 'unpriced') {
    return (
      <div className="px-5 py-4">
        <Banner tone="warning" icon={<TriangleAlert aria-hidden />}>
          No price is on record for {breakdown.missing.map((bucket) => BUCKET_LABELS[bucket].toLowerCase()).join(', ')}{' '}
          in the pinned price book. Nothing is billed for it; the cost is ours.
        </Banner>
      </div>
    )
  }
  const decimals = decimalsFor([...breakdown.lines.map((line) => line.costPusd), costs.billedPusd, costs.absorbedPusd])
  return (
    <Table label="Tokens times price">
      <thead>
        <tr>
          <HeaderCell>Kind</HeaderCell>
          <HeaderCell numeric>Units</HeaderCell>
          <HeaderCell numeric>
            <span className="max-sm:hidden">List price per million</span>
            <span className="sm:hidden">Per million</span>
          </HeaderCell>
          <HeaderCell numeric>Cost</HeaderCell>
        </tr>
      </thead>
      <tbody>
        {breakdown.lines.map((line) => (
          <Row key={line.bucket}>
            <Cell>{BUCKET_LABELS[line.bucket]}</Cell>
            <Cell numeric>{formatCount(line.units)}</Cell>
            <Cell numeric className="text-muted">
              × {formatPerMillion(line.price)}
            </Cell>
            <Cell numeric>
              <MoneyInColumn pusd={line.costPusd} decimals={decimals} />
            </Cell>
          </Row>
        ))}
      </tbody>
      <Totals {...costs} decimals={decimals} isEqual={breakdown.isEqual} />
    </Table>
  )
}

interface TotalsProps extends Costs {
  readonly decimals: number
  readonly isEqual: boolean
}

const Totals = ({ billedPusd, absorbedPusd, absorbedText, decimals, isEqual }: TotalsProps) => (
  <tfoot>
    <tr className="border-t">
      <Cell colSpan={3} className="text-muted">
        Markup
      </Cell>
      <Cell numeric>
        <MoneyInColumn pusd={0n} decimals={decimals} />
      </Cell>
    </tr>
    {absorbedPusd > 0n && (
      <tr className="border-t">
        <Cell colSpan={3} wraps className="text-muted">
          Absorbed by us{absorbedText === null ? '' : `: ${absorbedText}`}
        </Cell>
        <Cell numeric>
          <MoneyInColumn pusd={-absorbedPusd} decimals={decimals} />
        </Cell>
      </tr>
    )}
    <tr className="border-t border-line-strong font-semibold">
      <Cell colSpan={3}>
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          Billed
          {isEqual ? (
            <Badge tone="good">
              <Check aria-hidden /> Equals units × list price
            </Badge>
          ) : (
            <Badge tone="bad">
              <TriangleAlert aria-hidden /> Differs from units × list price
            </Badge>
          )}
        </span>
      </Cell>
      <Cell numeric data-testid="billed">
        <MoneyInColumn pusd={billedPusd} decimals={decimals} />
      </Cell>
    </tr>
  </tfoot>
)
