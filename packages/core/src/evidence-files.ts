import { formatUsd, pusd, type Pusd, type UnitPrice } from './money.ts'
import { rateUsage, type OfferingRates } from './pricing.ts'
import { USAGE_BUCKETS, type UsageUnits } from './usage.ts'

/**
 * The files of an evidence bundle, as `atpar-verify` reads them. It shares no code with this: what one writes wrong the other finds.
 * Amounts are decimal dollars as text and every price row and invoice line stands on a line of its own, so that a finding can name it.
 */

/** SHA-256 of a text as UTF-8, hexadecimal. */
export type HashText = (text: string) => string

const CHECK_DIGITS = 16

/** One entry of an object per line, one element of a list per line; the last entry holds a hash of each line before it. */
const writeSealed = (entries: Readonly<Record<string, unknown>>, hash: HashText): string => {
  const lines = ['{']
  for (const [name, value] of Object.entries(entries)) {
    if (!Array.isArray(value) || value.length === 0) {
      lines.push(`${JSON.stringify(name)}: ${JSON.stringify(value)},`)
      continue
    }
    const elements: readonly unknown[] = value
    lines.push(`${JSON.stringify(name)}: [`)
    elements.forEach((element, index) =>
      lines.push(`${JSON.stringify(element)}${index === elements.length - 1 ? '' : ','}`),
    )
    lines.push('],')
  }
  const seals = lines.map((line) => `"${hash(line).slice(0, CHECK_DIGITS)}"`)
  return `${lines.join('\n')}\n"seal": [${seals.join(', ')}]\n}\n`
}

const usd = (amount: bigint): string => formatUsd(pusd(amount), 2)

export interface EvidencePart {
  readonly position: number
  readonly isCorrection: boolean
  readonly month: string
  readonly model: string
  readonly provider: string
  readonly priceBook: number
  readonly events: string
  readonly units: Readonly<Record<string, string>>
  readonly costPusd: bigint
  readonly absorbedPusd: bigint
  readonly billedPusd: bigint
}

export interface EvidenceLine {
  readonly position: number
  readonly kind: string
  readonly description: string
  readonly month: string
  readonly model: string | null
  readonly provider: string | null
  readonly events: string
  readonly costPusd: bigint
  readonly absorbedPusd: bigint
  readonly amountPusd: bigint
  readonly cents: bigint
}

export interface EvidenceInvoice {
  readonly number: string
  readonly period: string
  readonly issuedAt: string
  readonly billedTo: string
  readonly lines: readonly EvidenceLine[]
  readonly parts: readonly EvidencePart[]
  readonly ownUsage: readonly (Omit<EvidencePart, 'position' | 'isCorrection'> & { readonly funding: string })[]
  readonly usagePusd: bigint
  readonly interimPusd: bigint
  readonly carryInPusd: bigint
  readonly carryOutPusd: bigint
  readonly totalCents: bigint
  readonly taxCents: bigint | null
  readonly events: string
  readonly sha256: string
  readonly rule: string
  readonly days: readonly { readonly day: string; readonly events: string; readonly sha256: string }[]
  readonly htmlSha256: string | null
  readonly pdfSha256: string | null
}

export const writeInvoiceFile = (invoice: EvidenceInvoice, hash: HashText): string =>
  writeSealed(
    {
      format: 'atpar.invoice/1',
      number: invoice.number,
      period: invoice.period.slice(0, 7),
      issued_at: invoice.issuedAt,
      billed_to: invoice.billedTo,
      currency: 'USD',
      lines: invoice.lines.map((line) => ({
        position: line.position,
        kind: line.kind,
        description: line.description,
        month: line.month,
        model: line.model,
        provider: line.provider,
        events: line.events,
        cost_usd: usd(line.costPusd),
        absorbed_usd: usd(line.absorbedPusd),
        markup_usd: '0.00',
        amount_usd: usd(line.amountPusd),
        cents: line.cents.toString(),
      })),
      rows: invoice.parts.map((part) => ({
        line: part.position,
        correction: part.isCorrection,
        month: part.month,
        model: part.model,
        provider: part.provider,
        price_book: part.priceBook,
        events: part.events,
        units: part.units,
        cost_usd: usd(part.costPusd),
        absorbed_usd: usd(part.absorbedPusd),
        billed_usd: usd(part.billedPusd),
      })),
      own_usage: invoice.ownUsage.map((own) => ({
        funding: own.funding,
        month: own.month,
        model: own.model,
        provider: own.provider,
        price_book: own.priceBook,
        events: own.events,
        units: own.units,
        billed_usd: '0.00',
      })),
      usage_usd: usd(invoice.usagePusd),
      interim_usd: usd(invoice.interimPusd),
      carry_in_usd: usd(invoice.carryInPusd),
      carry_out_usd: usd(invoice.carryOutPusd),
      total_cents: invoice.totalCents.toString(),
      tax_cents: invoice.taxCents === null ? null : invoice.taxCents.toString(),
      evidence: {
        events: invoice.events,
        sha256: invoice.sha256,
        rule: invoice.rule,
        days: invoice.days,
      },
      document: { html_sha256: invoice.htmlSha256, pdf_sha256: invoice.pdfSha256 },
    },
    hash,
  )

/** One dated price, as it stands in the catalogue. */
export interface EvidencePrice extends UnitPrice {
  /** What usage.csv calls it. */
  readonly ref: string
  readonly id: string
  readonly offeringId: string
  readonly bucket: string
  readonly contextFrom: number
  readonly serviceTier: string | null
  readonly fromMinute: number | null
  readonly toMinute: number | null
  readonly effectiveFrom: string
  readonly introducedInBook: number
  readonly retiredInBook: number | null
  readonly sourceUrl: string
  readonly checkedOn: string
}

export const writePricesFile = (prices: readonly EvidencePrice[], hash: HashText): string =>
  writeSealed(
    {
      format: 'atpar.prices/1',
      prices: prices.map((price) => ({
        ref: price.ref,
        offering: price.offeringId,
        bucket: price.bucket,
        amount_usd: formatUsd(pusd(price.amountPusd)),
        per_units: price.perUnits.toString(),
        minimum_units: (price.minimumUnits ?? 0n).toString(),
        context_from: price.contextFrom,
        service_tier: price.serviceTier,
        from_minute: price.fromMinute,
        to_minute: price.toMinute,
        introduced_in_book: price.introducedInBook,
        retired_in_book: price.retiredInBook,
        effective_from: price.effectiveFrom,
        source_url: price.sourceUrl,
        checked_on: price.checkedOn,
        id: price.id,
      })),
    },
    hash,
  )

export interface RatedEvent {
  readonly units: UsageUnits
  readonly startedAtMs: number
  readonly serviceTier: string | null
  readonly costPusd: Pusd
}

/**
 * The price rows an event was rated with, in the order of the buckets: those of the first candidate that gives its cost. Empty when it cost nothing
 * or no price explains it, which `atpar-verify` then says.
 */
export const findPriceRefs = (
  event: RatedEvent,
  candidates: readonly OfferingRates[],
  refOf: (price: UnitPrice) => string,
): { readonly offeringId: string; readonly refs: readonly string[] } | null => {
  for (const rates of candidates) {
    const rating = rateUsage(event.units, rates, event)
    if (!rating.priced || rating.lines.length === 0 || rating.costPusd !== event.costPusd) continue
    const lines = rating.lines.toSorted(
      (one, other) => USAGE_BUCKETS.indexOf(one.bucket) - USAGE_BUCKETS.indexOf(other.bucket),
    )
    return { offeringId: rates.offeringId, refs: lines.map(({ price }) => refOf(price)) }
  }
  return null
}

/** A row of usage.csv behind its evidence: the prices it was rated with, and a check that names the row when a digit of it changes. */
export const writeUsageRow = (line: string, refs: readonly string[], hash: HashText): string => {
  const row = `${line},${refs.join(' ')}`
  return `${row},${hash(row).slice(0, CHECK_DIGITS)}\n`
}

export const usageHeader = (fields: readonly string[]): string => `${[...fields, 'prices', 'check'].join(',')}\n`

export const bundleReadme = (number: string): string => `Evidence of invoice ${number}

invoice.json  the invoice with exact figures (decimal dollars as text), its lines, and what each is made of by price book
usage.csv     every call: its time, model, units by bucket, the prices used, cost, what was billed and what we absorbed (in pico-dollars, 10^-12 $)
prices.json   the dated list prices those calls were rated with, each with the provider's page it comes from

To recompute the invoice from these files, offline and without us:

    npx atpar-verify <this file>.zip

The rules it follows:
- The cost of a call is units × list price, floored to a pico-dollar per bucket. No other rounding. Where a provider bills a minimum (minimum_units), fewer
  units count as that many.
- A line is the sum of its calls. The invoice is the sum of its lines, floored once to whole cents; the rest is carried forward.
- Cents are allotted to lines by the largest remainder.
- invoice.json says how the evidence hash is made (evidence.rule). It is printed on the invoice too.
- "check" in usage.csv and "seal" in the other two name the line that was altered, if one was.
`
