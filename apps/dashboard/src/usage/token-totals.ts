import type { UsageBucket } from '@atpar/core/usage'

export type UnitTotals = Readonly<Partial<Record<UsageBucket, bigint>>>

const INPUT: readonly UsageBucket[] = [
  'input_uncached',
  'cache_read',
  'cache_write_5m',
  'cache_write_1h',
  'audio_in',
  'image_in',
]
const OUTPUT: readonly UsageBucket[] = ['output_text', 'output_reasoning', 'audio_out', 'image_out']

const sumOf = (units: UnitTotals, buckets: readonly UsageBucket[]): bigint =>
  buckets.reduce((sum, bucket) => sum + (units[bucket] ?? 0n), 0n)

/** All input tokens, cached ones included; sums of a month can pass 2^53, hence bigint. */
export const countInput = (units: UnitTotals): bigint => sumOf(units, INPUT)
export const countOutput = (units: UnitTotals): bigint => sumOf(units, OUTPUT)
