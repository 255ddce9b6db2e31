import { FileText } from 'lucide-react'
import Link from 'next/link'
import { requirePagePermission } from '../../auth/guard.ts'
import { formatCount } from '../../format/number.ts'
import { formatPeriod } from '../../format/time.ts'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { LiveRefresh } from '../../ui/live-refresh.tsx'
import { Money } from '../../ui/money.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Cell, HeaderCell, Row, Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { formatCents } from '../../format/money.ts'
import { InvoiceStatus } from './invoice-status.tsx'
import { readInvoices, type OpenPeriodView } from './queries.ts'

const REFRESH_MS = 5_000

const OpenPeriod = ({ open }: { readonly open: OpenPeriodView }) => (
  <section
    aria-label="Open period"
    className="mb-6 rounded-xl border bg-surface px-5 py-5 shadow-[0_1px_2px_rgb(0_0_0/0.03)]"
  >
    <div className="flex flex-wrap items-end justify-between gap-x-10 gap-y-4">
      <div>
        <p className="flex items-center gap-2 text-[13px] text-muted">
          <span className="size-2 rounded-full bg-accent" aria-hidden />
          {formatPeriod(open.period)}, open
        </p>
        <p className="mt-1 text-3xl font-semibold tracking-tight" data-testid="open-period-total">
          <Money pusd={open.usagePusd + open.carryInPusd} />
        </p>
      </div>
      <dl className="flex flex-wrap gap-x-10 gap-y-3 text-sm">
        <div>
          <dt className="text-[13px] text-muted">Usage so far</dt>
          <dd className="mt-0.5 font-medium">
            <Money pusd={open.usagePusd} />
          </dd>
        </div>
        <div>
          <dt className="text-[13px] text-muted">Carried over</dt>
          <dd className="mt-0.5 font-medium">
            <Money pusd={open.carryInPusd} />
          </dd>
        </div>
        <div>
          <dt className="text-[13px] text-muted">Billed calls</dt>
          <dd className="mt-0.5 font-medium tabular-nums">{formatCount(open.events)}</dd>
        </div>
      </dl>
    </div>
    <p className="mt-4 border-t pt-3 text-[13px] text-muted">
      Closes at the end of the UTC month. Whole cents are invoiced, rounded down; the rest moves to the next month.
    </p>
  </section>
)

export const InvoicesPage = async ({ params }: { readonly params: Promise<{ readonly org: string }> }) => {
  const { org } = await params
  const visit = await requirePagePermission(org, 'invoice:read')
  const { open, invoices } = await readInvoices(visit)
  return (
    <>
      <LiveRefresh everyMs={REFRESH_MS} />
      <PageHeader title="Invoices" detail="One a month, at list price, with its proof." />
      <OpenPeriod open={open} />
      <Card flush title="Issued">
        {invoices.length === 0 ? (
          <EmptyState icon={<FileText />} title="No invoice yet">
            The first one is issued after the month ends, once every call of it is accounted for. It is stored exactly
            as issued and never rewritten.
          </EmptyState>
        ) : (
          <Table label="Issued invoices">
            <thead>
              <tr>
                <HeaderCell>Period</HeaderCell>
                <HeaderCell className="max-sm:hidden">Number</HeaderCell>
                <HeaderCell className="max-sm:hidden">Issued</HeaderCell>
                <HeaderCell>Status</HeaderCell>
                <HeaderCell numeric className="max-sm:hidden">
                  Usage
                </HeaderCell>
                <HeaderCell numeric>Total</HeaderCell>
              </tr>
            </thead>
            <tbody>
              {invoices.map((invoice) => (
                <Row key={invoice.invoiceId} className="relative">
                  <Cell>
                    <Link
                      href={`/${org}/invoices/${invoice.invoiceId}`}
                      className="font-medium after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
                    >
                      {formatPeriod(invoice.period)}
                    </Link>
                  </Cell>
                  <Cell className="font-mono text-[13px] text-muted max-sm:hidden">{invoice.number}</Cell>
                  <Cell className="text-muted max-sm:hidden">
                    <Time atMs={invoice.issuedAtMs} style="day" />
                  </Cell>
                  <Cell>
                    <InvoiceStatus status={invoice.status} />
                  </Cell>
                  <Cell numeric className="text-muted max-sm:hidden">
                    <Money pusd={invoice.usagePusd} detail="overview" />
                  </Cell>
                  <Cell numeric className="font-medium">
                    {formatCents(invoice.totalCents)}
                  </Cell>
                </Row>
              ))}
            </tbody>
          </Table>
        )}
      </Card>
    </>
  )
}
