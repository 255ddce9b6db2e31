import { formatUsd, PUSD_PER_CENT, pusd } from '@atpar/core/money'
import type { DocumentLine, DocumentUnits } from './document-model.ts'

/** Exact dollars with their sign, at least two decimals. */
export const dollars = (amountPusd: bigint): string =>
  amountPusd < 0n ? `−$${formatUsd(pusd(-amountPusd), 2)}` : `$${formatUsd(pusd(amountPusd), 2)}`
export const cents = (amount: bigint): string => dollars(amount * PUSD_PER_CENT)
/** Thousands apart, the way that reads the same in every country. */
export const grouped = (count: bigint): string => count.toString().replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f')

// Made once: each costs a millisecond.
const MONTH = new Intl.DateTimeFormat('en-US', { month: 'long', year: 'numeric', timeZone: 'UTC' })
const DAY = new Intl.DateTimeFormat('en-US', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })
export const monthName = (period: string): string => MONTH.format(Date.parse(`${period}T00:00:00Z`))
export const dayName = (atMs: number): string => DAY.format(atMs)

const BUCKETS: Readonly<Record<string, string>> = {
  input_uncached: 'input',
  cache_read: 'cache read',
  cache_write_5m: 'cache write (5 min)',
  cache_write_1h: 'cache write (1 h)',
  output_text: 'output',
  output_reasoning: 'reasoning',
  audio_in: 'audio in',
  audio_out: 'audio out',
  image_in: 'image in',
  image_out: 'image out',
}

const MILLION = 1_000_000n

const TENTH_OF_A_CENT = 1_000_000_000n

/** A price as providers print it: small ones by the million, others by what they count. */
const priceText = ({ amountPusd, perUnits }: { amountPusd: bigint; perUnits: bigint }): string => {
  const byMillion = amountPusd * MILLION
  if (amountPusd < TENTH_OF_A_CENT * perUnits && byMillion % perUnits === 0n)
    return `${dollars(byMillion / perUnits)} per million`
  return perUnits === 1n ? `${dollars(amountPusd)} each` : `${dollars(amountPusd)} per ${grouped(perUnits)}`
}

export const unitsText = ({ bucket, count, price }: DocumentUnits): string =>
  `${grouped(count)} ${BUCKETS[bucket] ?? bucket.replaceAll('_', ' ')}${price === null ? '' : ` × ${priceText(price)}`}`

/** What stands in small print under a line: its units × prices, apart by price book. */
export const detailsOf = (line: DocumentLine): readonly string[] =>
  line.rows.map(
    (row) =>
      `${row.units.map(unitsText).join('  ·  ')}${row.units.length === 0 ? 'No units' : ''}  ·  price book ${row.priceBookId}${line.rows.length > 1 ? ` = ${dollars(row.costPusd)}` : ''}`,
  )

export const attemptsText = (line: DocumentLine): string =>
  line.events === 0n ? '' : `${grouped(line.events)} ${line.events === 1n ? 'call' : 'calls'}`

export const TAX_MISSING = 'No tax has been computed for this document.'
export const PAR_STATEMENT =
  'Every amount is the provider’s list price at the time of use times the units the provider reported, exact to a trillionth of a dollar. Atpar adds no markup and bears the payment processing fee.'
export const CARRIED_NOTICE =
  'Nothing is due. The total is below the minimum charge and is carried forward to the next invoice.'
export const RECOMPUTE_HINT =
  'Download the evidence of this invoice and run “npx atpar-verify” on it: it computes every line again, offline.'
