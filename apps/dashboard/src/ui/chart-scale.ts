/** Smallest of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 × 10ⁿ at or above `largest`: an axis whose labels are round. In bigint, because the axis may be money. */
export const roundScale = (largest: bigint): bigint => {
  if (largest <= 0n) return 1n
  const magnitude = 10n ** BigInt(largest.toString().length - 1)
  for (const tenths of [10n, 12n, 15n, 20n, 25n, 30n, 40n, 50n, 60n, 80n, 100n]) {
    const candidate = (magnitude * tenths) / 10n
    if (candidate >= largest) return candidate
  }
  return magnitude * 10n
}

/** Height in percent of the axis, two decimals. */
export const heightPercent = (value: bigint, scale: bigint): number =>
  value <= 0n ? 0 : Number((value * 10_000n) / scale) / 100
