import { DAY_MS } from './durations.ts'
import { allotLargestRemainder, floorDivide } from './largest-remainder.ts'
import { PUSD_PER_CENT, ZERO_PUSD, addPusd, pusd, type Pusd } from './money.ts'
import { USAGE_BUCKETS, type UsageBucket } from './usage.ts'

/** Units of a month can pass 2^53, unlike those of one event. */
export type UnitTotals = Partial<Readonly<Record<UsageBucket, bigint>>>

/** Platform-funded usage of one model at one provider under one price book, summed over everything that one invoice bills. */
export interface InvoiceUsage {
  readonly modelId: string
  readonly provider: string
  /** `YYYY-MM-01`, the month in which it was used. Earlier than the invoice's own period = late usage. */
  readonly billingPeriod: string
  readonly priceBookId: number
  readonly events: bigint
  readonly units: UnitTotals
  readonly costPusd: Pusd
  readonly absorbedPusd: Pusd
  readonly billedPusd: Pusd
  /** How much of cost and bill are corrections by prices learnt later: a credit, on a line of its own. Absent = nothing. */
  readonly correctedCostPusd?: Pusd
  readonly correctedPusd?: Pusd
}

export interface InvoiceInput {
  /** `YYYY-MM-01`. */
  readonly period: string
  readonly usage: readonly InvoiceUsage[]
  /** What earlier invoices carried forward; negative when corrections left a credit. */
  readonly carryInPusd: Pusd
  /** What interim invoices of this month have claimed of its usage already; absent = nothing. */
  readonly interimPusd?: Pusd
  /** Below it nothing is collected and all of it is carried forward: a card charge costs more. */
  readonly minimumCents: bigint
}

export type InvoiceLineKind = 'usage' | 'late_usage' | 'price_correction' | 'carry_over' | 'interim'

export interface InvoiceLine {
  readonly position: number
  readonly kind: InvoiceLineKind
  readonly description: string
  readonly billingPeriod: string
  readonly modelId: string | null
  readonly provider: string | null
  /** Null when several books were in force. */
  readonly priceBookId: number | null
  readonly events: bigint
  readonly units: UnitTotals
  /** Units × list price of the provider, before what we absorb. */
  readonly costPusd: Pusd
  readonly absorbedPusd: Pusd
  /** What this line bills, exactly. */
  readonly amountPusd: Pusd
  /** Its share of the whole cents. */
  readonly cents: bigint
}

/** `usagePusd − interimPusd + carryInPusd − carryOutPusd = totalCents × 10^10`, and the cents of the lines sum to `totalCents`. */
export interface ComposedInvoice {
  readonly status: 'finalised' | 'carried'
  readonly lines: readonly InvoiceLine[]
  readonly eventCount: bigint
  readonly usagePusd: Pusd
  readonly interimPusd: Pusd
  readonly carryInPusd: Pusd
  /** Of an interim invoice: the fraction of a cent that stays with the month. */
  readonly carryOutPusd: Pusd
  readonly totalCents: bigint
}

/** The least that is ever charged to a card: below it the charge costs more than it brings. */
const FLOOR_CENTS = 50n
const LONGEST_CARRY_MS = 90 * DAY_MS

/**
 * The minimum charge that counts at `nowMs`. What has been carried forward for 90 days is collected even below the installation's minimum, as long
 * as a card charge makes sense at all. `carriedSinceMs` is when the oldest invoice of the unbroken chain of carried ones was issued.
 */
export const minimumChargeCents = (minimumCents: bigint, carriedSinceMs: number | null, nowMs: number): bigint =>
  carriedSinceMs !== null && nowMs - carriedSinceMs >= LONGEST_CARRY_MS && minimumCents > FLOOR_CENTS
    ? FLOOR_CENTS
    : minimumCents

/** Stripe takes 250 items; ours stop earlier, the rest shares one line. */
export const MAX_USAGE_LINES = 196
export const DEFAULT_MINIMUM_CENTS = 50n

const addUnits = (one: UnitTotals, other: UnitTotals): UnitTotals => {
  const sum: Partial<Record<UsageBucket, bigint>> = {}
  for (const bucket of USAGE_BUCKETS) {
    const left = one[bucket]
    const right = other[bucket]
    if (left !== undefined || right !== undefined) sum[bucket] = (left ?? 0n) + (right ?? 0n)
  }
  return sum
}

type DraftLine = Omit<InvoiceLine, 'position' | 'cents'>

const monthOf = (period: string): string => period.slice(0, 7)

const draftOf = (usage: InvoiceUsage, period: string): DraftLine => {
  const isLate = usage.billingPeriod !== period
  const correctedCost = usage.correctedCostPusd ?? ZERO_PUSD
  const corrected = usage.correctedPusd ?? ZERO_PUSD
  return {
    kind: isLate ? 'late_usage' : 'usage',
    description: isLate
      ? `${usage.modelId} at ${usage.provider}, late usage from ${monthOf(usage.billingPeriod)}`
      : `${usage.modelId} at ${usage.provider}`,
    billingPeriod: usage.billingPeriod,
    modelId: usage.modelId,
    provider: usage.provider,
    priceBookId: usage.priceBookId,
    events: usage.events,
    units: usage.units,
    costPusd: pusd(usage.costPusd - correctedCost),
    absorbedPusd: pusd(usage.absorbedPusd - (correctedCost - corrected)),
    amountPusd: pusd(usage.billedPusd - corrected),
  }
}

const correctionOf = (usage: InvoiceUsage): DraftLine | null => {
  const correctedCost = usage.correctedCostPusd ?? ZERO_PUSD
  const corrected = usage.correctedPusd ?? ZERO_PUSD
  if (corrected === 0n && correctedCost === 0n) return null
  return {
    kind: 'price_correction',
    description: `${usage.modelId} at ${usage.provider}, lower list price of ${monthOf(usage.billingPeriod)} learnt later`,
    billingPeriod: usage.billingPeriod,
    modelId: usage.modelId,
    provider: usage.provider,
    priceBookId: usage.priceBookId,
    // Its events are counted where their usage is.
    events: 0n,
    units: {},
    costPusd: correctedCost,
    absorbedPusd: pusd(correctedCost - corrected),
    amountPusd: corrected,
  }
}

/** The part of one price book in one line. */
export interface LinePart {
  readonly position: number
  readonly isCorrection: boolean
  readonly modelId: string
  readonly provider: string
  readonly billingPeriod: string
  readonly priceBookId: number
  readonly events: bigint
  readonly units: UnitTotals
  readonly costPusd: Pusd
  readonly absorbedPusd: Pusd
  readonly billedPusd: Pusd
}

/**
 * What each line is made of. Several price books of one model in one month share a line; here they stand apart, each with its own units × list
 * price.
 */
export const partsOfLines = (
  invoice: Pick<ComposedInvoice, 'lines'>,
  input: Pick<InvoiceInput, 'usage' | 'period'>,
): readonly LinePart[] => {
  const usageLines = invoice.lines.filter((line) => line.kind !== 'carry_over' && line.kind !== 'interim')
  const tail = usageLines.find((line) => line.modelId === null)
  const lineOf = (part: DraftLine): number | undefined =>
    (
      usageLines.find(
        (line) =>
          line.kind === part.kind &&
          line.modelId === part.modelId &&
          line.provider === part.provider &&
          line.billingPeriod === part.billingPeriod,
      ) ?? tail
    )?.position
  return input.usage.flatMap((usage) => {
    const correction = correctionOf(usage)
    const settled = draftOf(usage, input.period)
    const parts = correction === null ? [settled] : isEmpty(settled) ? [correction] : [settled, correction]
    return parts.map((part) => {
      const position = lineOf(part)
      if (position === undefined) throw new RangeError(`No line of the invoice holds ${part.description}`)
      return {
        position,
        isCorrection: part.kind === 'price_correction',
        modelId: usage.modelId,
        provider: usage.provider,
        billingPeriod: usage.billingPeriod,
        priceBookId: usage.priceBookId,
        events: part.events,
        units: part.units,
        costPusd: part.costPusd,
        absorbedPusd: part.absorbedPusd,
        billedPusd: part.amountPusd,
      }
    })
  })
}

const merge = (one: DraftLine, other: DraftLine): DraftLine => ({
  ...one,
  priceBookId: one.priceBookId === other.priceBookId ? one.priceBookId : null,
  events: one.events + other.events,
  units: addUnits(one.units, other.units),
  costPusd: addPusd(one.costPusd, other.costPusd),
  absorbedPusd: addPusd(one.absorbedPusd, other.absorbedPusd),
  amountPusd: addPusd(one.amountPusd, other.amountPusd),
})

/** Nothing was used and nothing is due: rows that only correct others leave no usage line behind. */
const isEmpty = (line: DraftLine): boolean =>
  line.amountPusd === 0n && line.costPusd === 0n && Object.values(line.units).every((count) => count === 0n)

/**
 * One line per model × provider × month of use, and one for what corrections give back of it, dearest first; text order breaks ties so that a second
 * run gives the same document.
 */
const groupUsage = (input: InvoiceInput): DraftLine[] => {
  const lines = new Map<string, DraftLine>()
  for (const usage of input.usage) {
    const correction = correctionOf(usage)
    for (const line of [draftOf(usage, input.period), ...(correction === null ? [] : [correction])]) {
      if (correction !== null && isEmpty(line)) continue
      const key = `${usage.billingPeriod}\0${usage.provider}\0${usage.modelId}\0${line.kind === 'price_correction' ? 'correction' : ''}`
      const known = lines.get(key)
      lines.set(key, known === undefined ? line : merge(known, line))
    }
  }
  return [...lines.entries()]
    .toSorted(([oneKey, one], [otherKey, other]) =>
      one.amountPusd === other.amountPusd ? (oneKey < otherKey ? -1 : 1) : one.amountPusd > other.amountPusd ? -1 : 1,
    )
    .map(([, line]) => line)
}

const joinTail = (lines: readonly DraftLine[], period: string): DraftLine[] => {
  const kept = lines.slice(0, MAX_USAGE_LINES)
  const [first, ...others] = lines.slice(MAX_USAGE_LINES)
  if (first === undefined) return kept
  const joined = others.reduce(merge, first)
  const count = lines.length - MAX_USAGE_LINES
  return [
    ...kept,
    {
      ...joined,
      kind: 'usage',
      description: `${count} more lines, see the usage export`,
      billingPeriod: period,
      modelId: null,
      provider: null,
    },
  ]
}

const moneyLine = (
  kind: 'carry_over' | 'interim',
  {
    period,
    description,
    amountPusd,
  }: { readonly period: string; readonly description: string; readonly amountPusd: Pusd },
): DraftLine => ({
  kind,
  description,
  billingPeriod: period,
  modelId: null,
  provider: null,
  priceBookId: null,
  events: 0n,
  units: {},
  costPusd: ZERO_PUSD,
  absorbedPusd: ZERO_PUSD,
  amountPusd,
})

/**
 * The invoice of one organization for one period: exact sums, floored once to whole cents in the customer's favour, the remainder carried
 * forward as the last line. A total below the minimum (or below zero) is not collected but carried forward whole. What interim invoices of the
 * month claimed is taken off as a line of its own.
 */
export const composeInvoice = (input: InvoiceInput): ComposedInvoice =>
  compose(input, {
    collected: 'Less than a cent, carried forward to the next invoice',
    carried: 'Below the minimum charge, carried forward to the next invoice',
  })

/**
 * An invoice on account in the middle of a month: all its usage so far, less what earlier ones claimed, floored to whole cents. The rest stays with the
 * month, whose own invoice lists everything again and takes this one off. `carried` = too little to be worth one: issue none.
 */
export const composeInterimInvoice = (input: Omit<InvoiceInput, 'carryInPusd'>): ComposedInvoice => {
  const rest = 'Stays with the invoice of the month'
  return compose({ ...input, carryInPusd: ZERO_PUSD }, { collected: rest, carried: rest })
}

const compose = (
  input: InvoiceInput,
  remainder: { readonly collected: string; readonly carried: string },
): ComposedInvoice => {
  const { period, interimPusd = ZERO_PUSD } = input
  const usageLines = joinTail(groupUsage(input), period)
  const usagePusd = addPusd(...input.usage.map((usage) => usage.billedPusd))
  const due = pusd(usagePusd + input.carryInPusd - interimPusd)
  const dueCents = floorDivide(due, PUSD_PER_CENT)
  const isCollected = dueCents > 0n && dueCents >= input.minimumCents
  const totalCents = isCollected ? dueCents : 0n
  const carryOutPusd = pusd(due - totalCents * PUSD_PER_CENT)

  const charged = [...usageLines]
  if (input.carryInPusd !== 0n)
    charged.push(
      moneyLine('carry_over', {
        period,
        description: 'Carried over from earlier invoices',
        amountPusd: input.carryInPusd,
      }),
    )
  if (interimPusd !== 0n)
    charged.push(
      moneyLine('interim', {
        period,
        description: 'Billed before on interim invoices of this month',
        amountPusd: pusd(0n - interimPusd),
      }),
    )
  const cents = allotLargestRemainder(
    charged.map((line) => line.amountPusd),
    PUSD_PER_CENT,
  )
  const lines = charged.map((line, index) => ({ ...line, position: index + 1, cents: cents[index] ?? 0n }))
  if (carryOutPusd !== 0n) {
    const description = isCollected ? remainder.collected : remainder.carried
    lines.push({
      ...moneyLine('carry_over', { period, description, amountPusd: pusd(0n - carryOutPusd) }),
      position: lines.length + 1,
      cents: totalCents - dueCents,
    })
  }
  return {
    status: isCollected ? 'finalised' : 'carried',
    lines,
    eventCount: input.usage.reduce((sum, usage) => sum + usage.events, 0n),
    usagePusd,
    interimPusd,
    carryInPusd: input.carryInPusd,
    carryOutPusd,
    totalCents,
  }
}

/** What Stripe takes as an invoice's number. */
const LONGEST_NUMBER = 26
const SHORT_SLUG = 8

/** Five letters and digits that stand for the rest of a long text: FNV-1a, enough to tell organizations apart whose names begin alike. */
const shortHash = (text: string): string => {
  let hash = 2_166_136_261
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619) >>> 0
  return hash.toString(36).padStart(7, '0').slice(-5)
}

/**
 * Ours and Stripe's: at most 26 characters, so a long slug goes without the prefix, and a very long one is cut and told apart by a hash. Unique within
 * the installation; the table insists.
 */
export const invoiceNumber = (orgSlug: string, period: string, sequence: number): string => {
  const end = `${monthOf(period)}${sequence === 1 ? '' : `-${sequence}`}`
  const fitting = [`ATPAR-${orgSlug}-${end}`, `${orgSlug}-${end}`].find((number) => number.length <= LONGEST_NUMBER)
  return fitting ?? `${orgSlug.slice(0, SHORT_SLUG)}-${shortHash(orgSlug)}-${end}`
}

/** First day of the month after `period` (`YYYY-MM-01`), and one before it. */
export const nextPeriod = (period: string): string => shiftPeriod(period, 1)
export const previousPeriod = (period: string): string => shiftPeriod(period, -1)

const shiftPeriod = (period: string, months: number): string => {
  const [year, month] = period.split('-').map(Number)
  return `${new Date(Date.UTC(year ?? 0, (month ?? 1) - 1 + months, 1)).toISOString().slice(0, 7)}-01`
}

/** Half-open `[from, to)` in milliseconds. */
export const periodRange = (period: string): { readonly fromMs: number; readonly toMs: number } => ({
  fromMs: Date.parse(`${period}T00:00:00Z`),
  toMs: Date.parse(`${nextPeriod(period)}T00:00:00Z`),
})
