/** One party of a document, as it stands on paper: name first, then address, tax id and whatever else, a line each. */
export interface Party {
  readonly name: string
  readonly details: readonly string[]
}

/** Units of one bucket under one price book; without a price where more than one applied (context, tier, time of day). */
export interface DocumentUnits {
  readonly bucket: string
  readonly count: bigint
  readonly price: { readonly amountPusd: bigint; readonly perUnits: bigint } | null
}

/** One price book of one line. */
export interface DocumentRow {
  readonly priceBookId: number
  readonly units: readonly DocumentUnits[]
  readonly costPusd: bigint
}

export interface DocumentLine {
  readonly position: number
  readonly kind: string
  readonly description: string
  readonly events: bigint
  readonly rows: readonly DocumentRow[]
  readonly costPusd: bigint
  readonly absorbedPusd: bigint
  readonly amountPusd: bigint
  readonly cents: bigint
}

/** Usage on the customer's own key (`byok`) or machine (`local`): listed at $0. */
export interface OwnUsage {
  readonly funding: string
  readonly description: string
  readonly events: bigint
  readonly units: readonly DocumentUnits[]
}

/** All that an invoice says. Two renderers turn it into HTML and PDF; neither computes anything but sums of what it prints. */
export interface InvoiceModel {
  readonly number: string
  readonly status: string
  readonly seller: Party
  readonly buyer: Party
  /** `YYYY-MM-01`. */
  readonly period: string
  readonly sequence: number
  readonly issuedAtMs: number
  readonly lines: readonly DocumentLine[]
  readonly ownUsage: readonly OwnUsage[]
  readonly usagePusd: bigint
  /** What interim invoices of the month have claimed already. */
  readonly interimPusd: bigint
  readonly carryInPusd: bigint
  readonly carryOutPusd: bigint
  readonly totalCents: bigint
  /** Null when nobody computed a tax; the document says so. */
  readonly taxCents: bigint | null
  readonly evidence: { readonly eventCount: bigint; readonly sha256: string; readonly rule: string }
}

/** Carried over, carried forward, or taken off because interim invoices had it: no usage of its own. */
export const isCarry = (line: DocumentLine): boolean => line.kind === 'carry_over' || line.kind === 'interim'

export interface ParFigures {
  readonly costPusd: bigint
  readonly absorbedPusd: bigint
}

/** What the lines say at list price, and what of it we bear. */
export const parFigures = (lines: readonly DocumentLine[]): ParFigures =>
  lines.reduce(
    (sum, line) => ({ costPusd: sum.costPusd + line.costPusd, absorbedPusd: sum.absorbedPusd + line.absorbedPusd }),
    { costPusd: 0n, absorbedPusd: 0n },
  )
