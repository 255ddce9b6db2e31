/** Stripe's JSON has amounts as integers far below 2^53; a bigint of ours goes there and back through these two alone. */
export const toStripeAmount = (cents: bigint): number => {
  // oxlint-disable-next-line money/no-float -- the one way out: Stripe takes nothing but a number, and the next line refuses what is not exact.
  const amount = Number(cents)
  if (!Number.isSafeInteger(amount)) throw new RangeError(`${cents} cents are more than Stripe can be told`)
  return amount
}

/** @throws RangeError for what is no whole number: then it is no amount. */
export const fromStripeAmount = (amount: number): bigint => BigInt(amount)
