import type { BookUsage } from '../books.ts'

/** Pico-dollars per token, as the two providers publish them (checked 2026-11-22). Kept apart from the product's, so that the two can disagree. */
const PRICES: Readonly<Record<string, Partial<Record<keyof BookUsage, bigint>>>> = {
  'gpt-4o-mini': { input_uncached: 150_000n, cache_read: 75_000n, output_text: 600_000n, output_reasoning: 600_000n },
  'gpt-4o': {
    input_uncached: 2_500_000n,
    cache_read: 1_250_000n,
    output_text: 10_000_000n,
    output_reasoning: 10_000_000n,
  },
  'claude-haiku-4-5': {
    input_uncached: 1_000_000n,
    cache_read: 100_000n,
    cache_write_5m: 1_250_000n,
    cache_write_1h: 2_000_000n,
    output_text: 5_000_000n,
    output_reasoning: 5_000_000n,
  },
}

/** Pico-dollars, exactly; null where this table has no price. */
export function costOf(model: string, bucket: keyof BookUsage, tokens: number): bigint | null {
  if (tokens === 0) return 0n
  const price = PRICES[model]?.[bucket]
  return price === undefined ? null : BigInt(tokens) * price
}

/** Decimal text with `places` digits behind the point that `pico` is scaled by: 12 for dollars, 10 for cents. */
export function decimal(pico: bigint, places: number): string {
  const digits = pico.toString().padStart(places + 1, '0')
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`
}
