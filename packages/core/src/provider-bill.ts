import { pusd, type Pusd } from './money.ts'
import type { UsageBucket, UsageUnits } from './usage.ts'

/**
 * What a provider's own report tells apart. As our buckets, but reasoning is part of `output`: no usage report splits it off. `all` is a cost
 * that names no bucket.
 */
export const BILL_BUCKETS = [
  'input_uncached',
  'cache_read',
  'cache_write_5m',
  'cache_write_1h',
  'output',
  'audio_in',
  'audio_out',
  'image_in',
  'image_out',
  'seconds',
  'characters',
  'images',
  'pages',
  'searches',
  'all',
] as const

export type BillBucket = (typeof BILL_BUCKETS)[number]
export type BillUnits = Partial<Readonly<Record<BillBucket, bigint>>>

export const isBillBucket = (text: string): text is BillBucket => BILL_BUCKETS.some((bucket) => bucket === text)

/** Under which bucket a bill counts what we count apart. Null: bills do not count it. */
export const billBucketOf = (bucket: UsageBucket): BillBucket | null => {
  if (bucket === 'output_text' || bucket === 'output_reasoning') return 'output'
  // No report splits what came from the cache.
  if (bucket === 'cache_read_audio') return 'cache_read'
  return bucket === 'requests' ? null : bucket
}

export const toBillUnits = (units: UsageUnits): BillUnits => {
  const sum: Partial<Record<BillBucket, bigint>> = {}
  for (const [bucket, count] of Object.entries(units)) {
    const name = billBucketOf(bucket as UsageBucket)
    if (name !== null) sum[name] = (sum[name] ?? 0n) + BigInt(count)
  }
  return sum
}

/** One figure of a provider's report. */
export interface BillLine {
  /** As the provider names it. */
  readonly model: string
  /** UTC, `YYYY-MM-DD`. */
  readonly day: string
  readonly bucket: BillBucket
  /** Null in a report of costs. */
  readonly units: bigint | null
  /** Null in a report of usage. */
  readonly costPusd: Pusd | null
}

/** A report for whole UTC days `[fromDay, untilDay)`: what it does not name in them was not used. */
export interface ProviderReport {
  readonly provider: string
  readonly source: 'openai-usage' | 'openai-costs' | 'anthropic-usage' | 'anthropic-costs' | 'csv'
  readonly fromDay: string
  readonly untilDay: string
  readonly lines: readonly BillLine[]
}

const NUMBER = /^(-?)(\d{1,18})(?:\.(\d{1,60}))?(?:[eE]([+-]?\d{1,3}))?$/

/**
 * Reads an amount as a report writes it: plain decimals, and the exponents that JSON writers use for small floats ("3.15e-05"). Reports carry the
 * noise of the floats they were made with, so what lies below 10^-12 dollars is rounded, half away from zero.
 * @param places 12 for dollars, 10 for cents
 * @throws RangeError when the text is no number.
 */
export const parseReportedAmount = (text: string, places: 12 | 10): Pusd => {
  const match = NUMBER.exec(text.trim())
  if (match === null) throw new RangeError(`"${text}" is not an amount`)
  const fraction = match[3] ?? ''
  const shift = places - fraction.length + Number(match[4] ?? 0)
  const digits = BigInt(`${match[2] ?? ''}${fraction}`)
  const magnitude = shift >= 0 ? digits * 10n ** BigInt(shift) : roundAt(digits, 10n ** BigInt(-shift))
  return pusd(match[1] === '-' ? -magnitude : magnitude)
}

const roundAt = (digits: bigint, divisor: bigint): bigint => (digits * 2n + divisor) / (divisor * 2n)
