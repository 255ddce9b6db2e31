import type { UsageBucket } from '@atpar/core/usage'
import { formatExact, formatPerMillion } from '../../format/money.ts'

/** What is sold by the piece; tokens and characters are sold by the million. */
const PIECES: Partial<Record<UsageBucket, string>> = {
  seconds: 'a second',
  images: 'a picture',
  pages: 'a page',
  searches: 'a search',
  requests: 'a request',
}

interface ListPrice {
  readonly bucket: UsageBucket
  readonly amountPusd: bigint
  readonly perUnits: bigint
}

/** `$0.15` and `a million`, or `$0.01` and `a search`: exact, and in the unit that providers publish it in. */
export const describeListPrice = ({
  bucket,
  ...price
}: ListPrice): { readonly amount: string; readonly per: string } => {
  const piece = PIECES[bucket]
  return piece === undefined || price.amountPusd % price.perUnits !== 0n
    ? { amount: formatPerMillion(price), per: 'a million' }
    : { amount: formatExact(price.amountPusd / price.perUnits), per: piece }
}
