import type { UnitPrice } from '@atpar/core/money'

/**
 * Shortest decimal text that reads back as exactly this float: what the source file wrote, before JSON made a float of it.
 * @throws RangeError for negative or non-finite numbers.
 */
export const decimalTextOf = (amount: number): string => {
  if (!Number.isFinite(amount) || amount < 0) throw new RangeError(`${amount} is no price`)
  const text = String(amount)
  const match = /^(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text)
  if (match === null) return text
  const digits = `${match[1] ?? ''}${match[2] ?? ''}`
  const exponent = Number(match[3])
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  return digits.padEnd(exponent + 1, '0')
}

const PUSD_DIGITS = 12

/**
 * Decimal dollars per `perUnits` units as an exact rational in lowest terms. More than 12 decimals ($0.08333333333333334 per million)
 * widen the denominator instead of being rounded.
 * @throws RangeError when the text is no plain decimal.
 */
export const parseRate = (usdText: string, perUnits: bigint): UnitPrice => {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(usdText)
  if (match === null) throw new RangeError(`"${usdText}" is not a decimal amount of dollars like 0.075`)
  const fraction = (match[2] ?? '').replace(/0+$/, '')
  const excess = Math.max(0, fraction.length - PUSD_DIGITS)
  const amount = BigInt(`${match[1] ?? ''}${fraction.padEnd(PUSD_DIGITS, '0')}`)
  const units = perUnits * 10n ** BigInt(excess)
  if (amount === 0n) return { amountPusd: 0n, perUnits: 1n }
  const divisor = greatestCommonDivisor(amount, units)
  return { amountPusd: amount / divisor, perUnits: units / divisor }
}

const greatestCommonDivisor = (a: bigint, b: bigint): bigint => (b === 0n ? a : greatestCommonDivisor(b, a % b))
