/** Quotient rounded towards minus infinity, which BigInt's own division (towards zero) is not for negative amounts. */
export const floorDivide = (amount: bigint, divisor: bigint): bigint => {
  const quotient = amount / divisor
  return amount % divisor < 0n ? quotient - 1n : quotient
}

/**
 * Whole `unit`s for each amount, whose sum is the whole units of the sum: every amount is floored, then those with the largest remainders get
 * one more until nothing is left (Hare-Niemeyer). Ties go to the earlier one, so the same amounts always give the same answer.
 */
export const allotLargestRemainder = (amounts: readonly bigint[], unit: bigint): readonly bigint[] => {
  const total = floorDivide(
    amounts.reduce((sum, amount) => sum + amount, 0n),
    unit,
  )
  const whole = amounts.map((amount) => floorDivide(amount, unit))
  let left = total - whole.reduce((sum, units) => sum + units, 0n)
  const byRemainder = amounts
    .map((amount, index) => ({ index, remainder: amount - floorDivide(amount, unit) * unit }))
    .toSorted((one, other) =>
      one.remainder === other.remainder ? one.index - other.index : one.remainder > other.remainder ? -1 : 1,
    )
  const extra = new Set<number>()
  for (const { index } of byRemainder) {
    if (left === 0n) break
    extra.add(index)
    left -= 1n
  }
  return whole.map((units, index) => (extra.has(index) ? units + 1n : units))
}
