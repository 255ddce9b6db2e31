import { Download, FileArchive } from 'lucide-react'
import type { Metadata } from 'next'
import { requirePagePermission } from '../../auth/guard.ts'
import { decimalsFor, formatCents, formatPerMillion } from '../../format/money.ts'
import { formatCount } from '../../format/number.ts'
import { formatPeriod } from '../../format/time.ts'
import { BackLink } from '../../ui/back-link.tsx'
import { buttonClass } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { CopyableId } from '../../ui/code-block.tsx'
import { Facts } from '../../ui/facts.tsx'
import { LiveRefresh } from '../../ui/live-refresh.tsx'
import { MoneyInColumn } from '../../ui/money.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Cell, HeaderCell, Row, Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { BUCKET_LABELS } from '../../usage/units.ts'
import { hasBundle } from './bundle.ts'
import { CreditNotesCard } from './credit-notes-card.tsx'
import { InvoiceStatus } from './invoice-status.tsx'
import { readInvoice, type InvoiceDetail, type InvoiceLineView } from './queries.ts'
import { VerifiedBadge } from './verified-badge.tsx'

const REFRESH_MS = 5_000

const Units = ({ line }: { readonly line: InvoiceLineView }) => (
  <ul className="mt-1 space-y-0.5 text-[13px] text-muted">
    {line.units.map(({ bucket, count, price }) => (
      <li key={bucket} className="tabular-nums">
        {formatCount(count)} {BUCKET_LABELS[bucket].toLowerCase()}
        {price !== null && <> × {formatPerMillion(price)} per million</>}
      </li>
    ))}
    <li>{line.priceBookId === null ? 'Several price books were in force' : `Price book ${line.priceBookId}`}</li>
  </ul>
)

const Lines = ({ invoice }: { readonly invoice: InvoiceDetail }) => {
  const usage = invoice.lines.filter((line) => line.kind !== 'carry_over' && line.kind !== 'interim')
  const interim = invoice.lines.filter((line) => line.kind === 'interim')
  const decimals = decimalsFor([
    ...invoice.lines.map((line) => line.amountPusd),
    invoice.usagePusd,
    invoice.carryInPusd,
    invoice.carryOutPusd,
  ])
  const sums = [
    { name: 'Usage at list price', pusd: invoice.usagePusd },
    { name: 'Markup', pusd: 0n },
    ...interim.map((line) => ({ name: line.description, pusd: line.amountPusd })),
    { name: 'Carried over from earlier months', pusd: invoice.carryInPusd },
    { name: 'Carried forward to the next month', pusd: 0n - invoice.carryOutPusd },
  ]
  return (
    <Table label="Invoice lines">
      <thead>
        <tr>
          <HeaderCell>Description</HeaderCell>
          <HeaderCell numeric>Amount</HeaderCell>
        </tr>
      </thead>
      <tbody>
        {usage.map((line) => (
          <Row key={line.position}>
            <Cell wraps>
              <span className="font-medium">{line.description}</span>
              <Units line={line} />
            </Cell>
            <Cell numeric className="align-top">
              <MoneyInColumn pusd={line.amountPusd} decimals={decimals} />
            </Cell>
          </Row>
        ))}
        {usage.length === 0 && (
          <tr className="border-t">
            <Cell colSpan={2} className="text-muted">
              Nothing was used in this month.
            </Cell>
          </tr>
        )}
      </tbody>
      <tfoot>
        {sums.map(({ name, pusd }) => (
          <tr key={name} className="border-t">
            <Cell wraps className="text-muted">
              {name}
            </Cell>
            <Cell numeric>
              <MoneyInColumn pusd={pusd} decimals={decimals} />
            </Cell>
          </tr>
        ))}
        <tr className="border-t border-line-strong text-base font-semibold">
          <Cell>Total</Cell>
          <Cell numeric data-testid="invoice-total">
            {formatCents(invoice.totalCents)}
          </Cell>
        </tr>
      </tfoot>
    </Table>
  )
}

interface InvoicePageProps {
  readonly params: Promise<{ readonly org: string; readonly id: string }>
}

/** Asks for the invoice as the page does, so that one that is not found has no title of its own either. */
export const invoiceMetadata = async ({ params }: InvoicePageProps): Promise<Metadata> => {
  const { org, id } = await params
  const { number } = await readInvoice(await requirePagePermission(org, 'invoice:read'), id)
  return { title: `Invoice ${number}` }
}

export const InvoicePage = async ({ params }: InvoicePageProps) => {
  const { org, id } = await params
  const visit = await requirePagePermission(org, 'invoice:read')
  const invoice = await readInvoice(visit, id)
  const here = `/${org}/invoices/${id}`

  return (
    <>
      {/* Somebody may be paying it in another tab. */}
      {invoice.payUrl !== null && <LiveRefresh everyMs={REFRESH_MS} />}
      <BackLink href={`/${org}/invoices`}>Invoices</BackLink>
      <PageHeader
        title={
          <span className="flex flex-wrap items-center gap-2.5">
            {formatPeriod(invoice.period)} <InvoiceStatus status={invoice.status} />
          </span>
        }
        detail={<span className="font-mono text-[13px]">{invoice.number}</span>}
        action={
          <div className="flex flex-wrap gap-2">
            {invoice.payUrl !== null && (
              <a href={invoice.payUrl} className={buttonClass('primary', 'small')} rel="noreferrer">
                Pay now
              </a>
            )}
            {invoice.document !== null && (
              <a
                href={invoice.document.pdfSha256 === null ? `${here}/document` : `${here}/pdf`}
                download
                className={buttonClass('secondary', 'small')}
              >
                <Download aria-hidden /> {invoice.document.pdfSha256 === null ? 'HTML' : 'PDF'}
              </a>
            )}
            {hasBundle(invoice) && (
              <a href={`${here}/bundle`} download className={buttonClass('secondary', 'small')}>
                <FileArchive aria-hidden /> Evidence
              </a>
            )}
          </div>
        }
      />
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <Card flush title="Lines" detail="Each amount is units × the provider’s dated list price.">
          <Lines invoice={invoice} />
        </Card>
        <div className="min-w-0 space-y-4">
          {invoice.creditNotes.length > 0 && <CreditNotesCard notes={invoice.creditNotes} invoicePath={here} />}
          <VerifiedBadge verification={invoice.verification} evidenceSha256={invoice.evidenceSha256} />
          <Card title="Document">
            <Facts
              facts={[
                { name: 'Issued', value: <Time atMs={invoice.issuedAtMs} /> },
                ...(invoice.paidAtMs === null ? [] : [{ name: 'Paid', value: <Time atMs={invoice.paidAtMs} /> }]),
                { name: 'Calls', value: formatCount(invoice.eventCount) },
                ...(invoice.document === null
                  ? []
                  : [
                      {
                        name: 'SHA-256',
                        value: <CopyableId id={invoice.document.htmlSha256} label="hash of the document" />,
                      },
                    ]),
              ]}
            />
          </Card>
        </div>
      </div>
    </>
  )
}
