import { pusd, type Pusd } from '@atpar/core/money'

/** A sum in pico-USD as Postgres tells it: text, and nothing where there was nothing to add up. */
export const amountOf = (text: string | null | undefined): Pusd => pusd(BigInt(text ?? 0))
