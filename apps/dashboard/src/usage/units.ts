import { USAGE_BUCKETS, type UsageBucket, type UsageSource } from '@atpar/core/usage'

export const BUCKET_LABELS: Record<UsageBucket, string> = {
  input_uncached: 'Input',
  cache_read: 'Cache read',
  cache_read_audio: 'Cache read, audio',
  cache_write_5m: 'Cache write, 5 min',
  cache_write_1h: 'Cache write, 1 h',
  output_text: 'Output',
  output_reasoning: 'Reasoning',
  audio_in: 'Audio in',
  audio_out: 'Audio out',
  image_in: 'Image in',
  image_out: 'Image out',
  seconds: 'Seconds',
  characters: 'Characters',
  images: 'Pictures',
  pages: 'Pages',
  searches: 'Searches',
  requests: 'Requests',
}

/** What the reader may conclude from where the figures came from. */
export const USAGE_SOURCE_TEXT: Record<UsageSource, { readonly label: string; readonly detail: string }> = {
  provider_final: { label: 'Provider, final', detail: 'The provider’s own final count.' },
  provider_partial: { label: 'Provider, partial', detail: 'The provider’s count up to where the answer ended.' },
  tokenizer: {
    label: 'Counted here',
    detail: 'The provider reported nothing; the text was counted with the model’s tokenizer.',
  },
  heuristic: {
    label: 'Estimated',
    detail: 'The provider reported nothing and no tokenizer is known; estimated from length.',
  },
  none: { label: 'None', detail: 'No usage was reported, and nothing is billed for it.' },
}

/** Reads an invoice line's `units`: totals of a month, which may be written as text because they can pass 2^53. */
export const readUnitTotals = (value: unknown): readonly { readonly bucket: UsageBucket; readonly count: bigint }[] => {
  if (typeof value !== 'object' || value === null) return []
  const counts = new Map(Object.entries(value))
  return USAGE_BUCKETS.flatMap((bucket) => {
    const count: unknown = counts.get(bucket)
    const isWhole =
      (typeof count === 'number' && Number.isSafeInteger(count)) || (typeof count === 'string' && /^\d+$/.test(count))
    return isWhole && String(count) !== '0' ? [{ bucket, count: BigInt(count) }] : []
  })
}
