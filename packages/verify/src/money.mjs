/** Money is counted in pico-dollars (10^-12 $) as BigInt. No floating point anywhere. */

const DECIMAL = /^(-?)(\d+)(?:\.(\d{1,12}))?$/

/**
 * @param {unknown} text
 * @returns {bigint}
 */
export function readUsd(text) {
  const match = DECIMAL.exec(String(text))
  if (match === null) throw new SyntaxError(`"${String(text)}" is no amount of dollars`)
  const amount = BigInt(match[2] ?? '0') * 1_000_000_000_000n + BigInt((match[3] ?? '').padEnd(12, '0'))
  return match[1] === '-' ? -amount : amount
}

/** @param {bigint} amount */
export function writeUsd(amount) {
  const magnitude = amount < 0n ? -amount : amount
  const digits = magnitude.toString().padStart(13, '0')
  return `${amount < 0n ? '-' : ''}$${digits.slice(0, -12)}.${digits.slice(-12)}`
}

/**
 * Rounds towards minus infinity.
 * @param {bigint} amount
 * @param {bigint} divisor
 */
function floorDivide(amount, divisor) {
  const quotient = amount / divisor
  return amount % divisor < 0n ? quotient - 1n : quotient
}

export const PICO_PER_CENT = 10_000_000_000n

/**
 * Cents per amount: each floored, then one more to the largest remainders until they add up to the floor of the sum. Ties go to the earlier one.
 * @param {readonly bigint[]} amounts
 * @returns {bigint[]}
 */
export function allotCents(amounts) {
  const cents = amounts.map((amount) => floorDivide(amount, PICO_PER_CENT))
  const whole = floorDivide(
    amounts.reduce((sum, amount) => sum + amount, 0n),
    PICO_PER_CENT,
  )
  let left = whole - cents.reduce((sum, amount) => sum + amount, 0n)
  const order = amounts.map((amount, index) => ({ index, rest: amount - (cents[index] ?? 0n) * PICO_PER_CENT }))
  order.sort((one, other) => (one.rest === other.rest ? one.index - other.index : one.rest > other.rest ? -1 : 1))
  for (const { index } of order) {
    if (left <= 0n) break
    cents[index] = (cents[index] ?? 0n) + 1n
    left -= 1n
  }
  return cents
}
