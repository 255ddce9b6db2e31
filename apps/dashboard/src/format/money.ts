import type { Pusd } from '@atpar/core/money'

const DIGITS = 12
const PUSD_PER_USD = 10n ** 12n

const group = (whole: bigint): string => whole.toString().replace(/\B(?=(\d{3})+$)/g, ',')

/** Decimal places needed to write every amount exactly, at least two: a column written with them adds up to the last digit. */
export const decimalsFor = (amounts: Iterable<bigint>): number => {
  let needed = 2
  for (const amount of amounts) {
    const fraction = (amount < 0n ? -amount : amount) % PUSD_PER_USD
    const text = fraction.toString().padStart(DIGITS, '0').replace(/0+$/, '')
    if (text.length > needed) needed = text.length
  }
  return needed
}

/** Rounds half away from zero to `decimals` places; exact whenever `decimals` ≥ `decimalsFor([amount])`. */
export const formatFixed = (amount: bigint, decimals: number): string => {
  const unit = 10n ** BigInt(DIGITS - decimals)
  const magnitude = amount < 0n ? -amount : amount
  const rounded = (magnitude + unit / 2n) / unit
  const scale = 10n ** BigInt(decimals)
  const fraction = decimals === 0 ? '' : `.${(rounded % scale).toString().padStart(decimals, '0')}`
  return `${amount < 0n && rounded > 0n ? '−' : ''}$${group(rounded / scale)}${fraction}`
}

/** Every digit: `$0.000105`. What a bill says. */
export const formatExact = (amount: Pusd | bigint): string => formatFixed(amount, decimalsFor([amount]))

/** Places of an overview: cents from one dollar up, below it enough for three significant digits. */
const overviewDecimals = (amount: bigint): number => {
  const magnitude = amount < 0n ? -amount : amount
  if (magnitude === 0n || magnitude >= PUSD_PER_USD) return 2
  const leadingZeros = DIGITS - magnitude.toString().length
  return Math.min(decimalsFor([amount]), Math.max(2, leadingZeros + 3))
}

/** For figures that orient: `$12.34`, `$0.0105`. The exact amount belongs beside it, on hover. */
export const formatOverview = (amount: bigint): string => formatFixed(amount, overviewDecimals(amount))

/** Whole cents, as invoices total them. */
export const formatCents = (cents: bigint): string => formatFixed(cents * 10_000_000_000n, 2)

/** Price of a unit as people compare it: dollars for a million. Exact, because prices are rationals. */
export const formatPerMillion = (price: { readonly amountPusd: bigint; readonly perUnits: bigint }): string => {
  const perMillion = (price.amountPusd * 1_000_000n) / price.perUnits
  return formatExact(perMillion)
}
