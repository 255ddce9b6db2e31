import { Scale } from 'lucide-react'
import Link from 'next/link'
import { describeCondition, describeFactor } from '@atpar/core/price-change'
import { pusd } from '@atpar/core/money'
import { listPriceBooks, listWaitingLines, type BookSummary } from '@atpar/db/price-history'
import type { ProposalLine } from '@atpar/db/price-proposals'
import { readDeps } from '../../deps.ts'
import { formatPerMillion } from '../../format/money.ts'
import { OperatorFrame } from '../../operator/operator-frame.tsx'
import { requireOperator } from '../../operator/require-operator.ts'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Money } from '../../ui/money.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Cell, HeaderCell, Row, Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { DecisionButtons } from './decision-buttons.tsx'

const KIND_TONES = { added: 'info', changed: 'neutral', removed: 'warning' } as const

const ChangeRow = ({ line }: { readonly line: ProposalLine }) => {
  const row = line.after ?? line.before
  if (row === null) return null
  const condition = describeCondition(row)
  return (
    <Row>
      <Cell className="max-sm:col-span-2">
        <code className="font-mono text-[13px]">{row.bucket}</code>
        {condition !== '' && <span className="block text-xs text-muted">{condition}</span>}
      </Cell>
      <Cell numeric className="font-mono text-[13px]" data-label="In force">
        {line.before === null ? '–' : formatPerMillion(line.before)}
      </Cell>
      <Cell numeric className="font-mono text-[13px]" data-label="Proposed">
        {line.after === null ? '–' : formatPerMillion(line.after)}
      </Cell>
      <Cell numeric data-label="Ratio">
        {line.kind === 'changed' ? (
          <Badge tone={line.needsPerson ? 'bad' : 'neutral'}>{describeFactor(line)}</Badge>
        ) : (
          <Badge tone={KIND_TONES[line.kind]}>{line.kind === 'removed' ? 'Ends' : 'New'}</Badge>
        )}
      </Cell>
      <Cell data-label="Counts from">{row.effectiveFrom}</Cell>
      <Cell className="max-sm:col-span-2" data-label="Source">
        <a
          href={row.sourceUrl}
          rel="noreferrer"
          className="underline decoration-line-strong underline-offset-4 hover:decoration-ink"
        >
          {new URL(row.sourceUrl).hostname}
        </a>
        <span className="block text-xs text-muted">checked {row.checkedOn}</span>
      </Cell>
      <Cell className="max-sm:col-span-2">
        <DecisionButtons
          lineIds={[line.lineId]}
          what={`${row.offeringId} ${row.bucket}`}
          largeCount={line.needsPerson ? 1 : 0}
        />
      </Cell>
    </Row>
  )
}

const OfferingCard = ({
  offeringId,
  lines,
}: {
  readonly offeringId: string
  readonly lines: readonly ProposalLine[]
}) => (
  <Card
    flush
    title={<code className="font-mono text-sm">{offeringId}</code>}
    detail={`${lines.length} ${lines.length === 1 ? 'change' : 'changes'}, dollars for a million units`}
    action={
      <DecisionButtons
        lineIds={lines.map(({ lineId }) => lineId)}
        what={`all of ${offeringId}`}
        largeCount={lines.filter(({ needsPerson }) => needsPerson).length}
      />
    }
  >
    <Table stacks label={`Changes of ${offeringId}`}>
      <thead>
        <tr>
          <HeaderCell>Bucket</HeaderCell>
          <HeaderCell numeric>In force</HeaderCell>
          <HeaderCell numeric>Proposed</HeaderCell>
          <HeaderCell numeric>Ratio</HeaderCell>
          <HeaderCell>Counts from</HeaderCell>
          <HeaderCell>Source</HeaderCell>
          <HeaderCell>
            <span className="sr-only">Decision</span>
          </HeaderCell>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <ChangeRow key={line.lineId} line={line} />
        ))}
      </tbody>
    </Table>
  </Card>
)

const Books = ({ books }: { readonly books: readonly BookSummary[] }) => (
  <Card
    flush
    title="Price books"
    detail="Each holds every price in force at its time. A request keeps the book it began under."
  >
    <Table stacks label="Price books">
      <thead>
        <tr>
          <HeaderCell>Book</HeaderCell>
          <HeaderCell>Changes</HeaderCell>
          <HeaderCell>Approved by</HeaderCell>
          <HeaderCell>When</HeaderCell>
          <HeaderCell numeric>Given back</HeaderCell>
        </tr>
      </thead>
      <tbody>
        {books.map((book) => (
          <Row key={book.bookId}>
            <Cell className="font-mono text-[13px]" data-label="Book">
              {book.bookId}
            </Cell>
            <Cell data-label="Changes">{book.note === '' ? '–' : book.note}</Cell>
            <Cell data-label="Approved by">{book.approvedBy}</Cell>
            <Cell data-label="When">
              <Time atMs={book.createdAtMs} />
            </Cell>
            <Cell numeric data-label="Given back">
              {book.creditedPusd === null ? (
                <span className="text-faint">–</span>
              ) : (
                <Money pusd={pusd(book.creditedPusd)} />
              )}
            </Cell>
          </Row>
        ))}
      </tbody>
    </Table>
  </Card>
)

/** For the platform's staff: what an import would change, and who changed what. To everybody else it does not exist. */
export const OperatorPricesPage = async () => {
  await requireOperator()
  const { db } = readDeps()
  const [lines, books] = await Promise.all([listWaitingLines(db), listPriceBooks(db)])
  const offerings = Map.groupBy(lines, (line) => (line.after ?? line.before)?.offeringId ?? '')
  const large = lines.filter(({ needsPerson }) => needsPerson).length
  return (
    <OperatorFrame>
      <PageHeader
        title="Price proposals"
        detail={
          <>
            No price comes into force by itself. What counts now is on the{' '}
            <Link href="/models" className="underline underline-offset-4">
              price list
            </Link>
            .
          </>
        }
        action={
          lines.length === 0 ? undefined : (
            <DecisionButtons
              lineIds={lines.map(({ lineId }) => lineId)}
              what={`all ${lines.length} changes`}
              largeCount={large}
            />
          )
        }
      />
      {lines.length === 0 ? (
        <Card>
          <EmptyState icon={<Scale />} title="Every price is as its source says">
            Each night the price package and the overlay are compared with the prices in force. What differs waits here
            with its source, its ratio and the day from which it counts.
          </EmptyState>
        </Card>
      ) : (
        [...offerings].map(([offeringId, group]) => (
          <OfferingCard key={offeringId} offeringId={offeringId} lines={group} />
        ))
      )}
      <Books books={books} />
    </OperatorFrame>
  )
}
