import { notFound } from 'next/navigation'
import { describeCondition } from '@atpar/core/price-change'
import { readModelPrices, type DatedPrice } from '@atpar/db/price-history'
import { EndNote } from '../../catalogue/end-note.tsx'
import { endOf } from '../../catalogue/price-rows.ts'
import { readDeps } from '../../deps.ts'
import { Badge } from '../../ui/badge.tsx'
import { BackLink } from '../../ui/back-link.tsx'
import { Card } from '../../ui/card.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Cell, HeaderCell, Row, Table } from '../../ui/table.tsx'
import { BUCKET_LABELS } from '../../usage/units.ts'
import { describeListPrice } from './list-price.ts'

const SourceLink = ({ price }: { readonly price: DatedPrice }) => (
  <a
    href={price.sourceUrl}
    rel="noreferrer"
    className="inline-block py-1 underline decoration-line-strong underline-offset-4 hover:decoration-ink"
  >
    {new URL(price.sourceUrl).hostname}
  </a>
)

const PriceTable = ({ label, prices }: { readonly label: string; readonly prices: readonly DatedPrice[] }) => (
  <Table label={label}>
    <thead>
      <tr>
        {/* The same widths in every card, so that the providers of a model can be read down the page. */}
        <HeaderCell className="sm:w-[30%]">What</HeaderCell>
        <HeaderCell numeric className="sm:w-[20%]">
          List price
        </HeaderCell>
        <HeaderCell className="max-sm:hidden sm:w-[16%]">Since</HeaderCell>
        <HeaderCell className="max-sm:hidden">Source</HeaderCell>
        <HeaderCell numeric className="max-sm:hidden">
          Book
        </HeaderCell>
      </tr>
    </thead>
    <tbody>
      {prices.map((price) => {
        const condition = describeCondition(price)
        const { amount, per } = describeListPrice(price)
        return (
          <Row key={`${price.offeringId}|${price.bucket}|${condition}|${price.priceBookId}`}>
            <Cell>
              <span title={price.bucket}>{BUCKET_LABELS[price.bucket]}</span>
              {condition !== '' && <span className="block text-xs text-muted">{condition}</span>}
              {price.minimumUnits > 0n && (
                <span className="block text-xs text-muted">at least {price.minimumUnits.toString()} a request</span>
              )}
              <span className="block text-xs text-muted sm:hidden">
                <span className="block">since {price.effectiveFrom}</span>
                <SourceLink price={price} />
              </span>
            </Cell>
            <Cell numeric>
              <span className="font-mono text-[13px]">{amount}</span>
              <span className="block text-xs text-muted">{per}</span>
            </Cell>
            <Cell className="max-sm:hidden">{price.effectiveFrom}</Cell>
            <Cell className="max-sm:hidden">
              <SourceLink price={price} />
              <span className="block text-xs text-muted">checked {price.checkedOn}</span>
            </Cell>
            <Cell numeric className="max-sm:hidden">
              {price.priceBookId}
            </Cell>
          </Row>
        )
      })}
    </tbody>
  </Table>
)

/** What one model costs at each provider, and what it cost before: the prices that invoices are made of. */
export const ModelPricesPage = async ({ params }: { readonly params: Promise<{ model: string }> }) => {
  const { model: name } = await params
  const model = (await readModelPrices(readDeps().db, decodeURIComponent(name))) ?? notFound()
  const nowMs = Date.now()
  const byOffering = Map.groupBy(model.prices, (price) => price.offeringId)
  return (
    <div className="mx-auto w-full max-w-4xl space-y-4 px-5 py-10">
      <BackLink href="/models">Prices</BackLink>
      <PageHeader
        title={model.displayName}
        detail={
          <>
            List prices of <code className="font-mono text-[13px]">{model.modelId}</code> as each provider publishes
            them. This is what you pay: markup $0.00.
          </>
        }
        action={
          <a
            href={`/models/${encodeURIComponent(model.modelId)}/prices.json`}
            className="text-sm underline underline-offset-4"
          >
            These prices with their history, as JSON
          </a>
        }
      />
      {model.offerings.map(({ offeringId, providerName, unpricedReason, ...offering }) => {
        const prices = byOffering.get(offeringId) ?? []
        const end = endOf(offering, nowMs)
        const current = prices.filter(({ retiredBookId }) => retiredBookId === null)
        const former = prices.filter(({ retiredBookId }) => retiredBookId !== null)
        return (
          <Card
            key={offeringId}
            flush
            title={providerName}
            detail={
              <>
                <code className="font-mono text-xs break-all">{offeringId}</code>
                <EndNote end={end} />
              </>
            }
            action={current.length === 0 ? <Badge tone="warning">No price in force</Badge> : undefined}
          >
            {current.length === 0 && (
              <p className="px-5 pb-4 text-sm text-muted">
                {unpricedReason ?? 'There is no price on record.'} A call is refused instead of being billed at a guess.
              </p>
            )}
            {current.length > 0 && <PriceTable label={`Prices at ${offeringId}`} prices={current} />}
            {former.length > 0 && (
              <details className="border-t">
                <summary className="cursor-pointer px-5 py-3 text-sm text-muted">
                  {former.length} former {former.length === 1 ? 'price' : 'prices'}
                </summary>
                <PriceTable label={`Former prices at ${offeringId}`} prices={former} />
              </details>
            )}
          </Card>
        )
      })}
      {model.offerings.length === 0 && (
        <Card>
          <p className="text-sm text-muted">Nobody here offers this model at present.</p>
        </Card>
      )}
    </div>
  )
}
