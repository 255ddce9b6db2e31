import { z } from 'zod'
import { parseReportedAmount, type BillBucket, type BillLine, type ProviderReport } from '@atpar/core/provider-bill'
import { coveredDays, dayOf, readPages } from './report-json.ts'

const count = z.string().regex(/^\d+$/).default('0').transform(BigInt)
const seconds = z
  .string()
  .regex(/^\d{1,12}$/)
  .transform((text) => Number(text) * 1000)

const pageOf = <Result extends z.ZodType>(result: Result) =>
  z.array(
    z.object({
      data: z.array(z.object({ start_time: seconds, end_time: seconds, results: z.array(result) })),
    }),
  )

/** https://platform.openai.com/docs/api-reference/usage/completions, asked with `bucket_width=1d&group_by=model`. */
const usagePages = pageOf(
  z.object({
    model: z.string({ error: 'the report has to be grouped by model' }),
    input_tokens: count,
    input_cached_tokens: count,
    output_tokens: count,
    input_audio_tokens: count,
    output_audio_tokens: count,
  }),
)

/** https://platform.openai.com/docs/api-reference/usage/costs, asked with `bucket_width=1d&group_by=line_item`. */
const costPages = pageOf(
  z.object({
    amount: z.object({ value: z.string(), currency: z.literal(['usd', 'USD']) }),
    line_item: z.string({ error: 'the report has to be grouped by line_item' }),
  }),
)

const bucketsOf = <Result>(pages: readonly { data: { start_time: number; end_time: number; results: Result[] }[] }[]) =>
  pages.flatMap((page) => page.data)

const spansOf = (buckets: readonly { start_time: number; end_time: number }[]) =>
  coveredDays(buckets.map((bucket) => ({ fromMs: bucket.start_time, toMs: bucket.end_time })))

/** Input tokens include the cached ones. Every bucket of a model is given, also at 0: the report does tell them apart. */
export const readOpenaiUsage = (text: string): ProviderReport => {
  const buckets = bucketsOf(usagePages.parse(readPages(text)))
  const lines = buckets.flatMap((bucket) =>
    bucket.results.flatMap((result): BillLine[] => {
      const units: readonly (readonly [BillBucket, bigint])[] = [
        ['input_uncached', result.input_tokens - result.input_cached_tokens],
        ['cache_read', result.input_cached_tokens],
        ['output', result.output_tokens],
        ['audio_in', result.input_audio_tokens],
        ['audio_out', result.output_audio_tokens],
      ]
      return units.map(([name, counted]) => ({
        model: result.model,
        day: dayOf(bucket.start_time),
        bucket: name,
        units: counted,
        costPusd: null,
      }))
    }),
  )
  return { provider: 'openai', source: 'openai-usage', ...spansOf(buckets), lines }
}

const ITEMS: Readonly<Record<string, BillBucket>> = {
  input: 'input_uncached',
  'cached input': 'cache_read',
  output: 'output',
  'audio input': 'audio_in',
  'audio output': 'audio_out',
}

/** Line items read "gpt-4o-mini-2024-07-18, cached input"; what does not is kept whole, as a cost of its own. */
const splitItem = (item: string): { readonly model: string; readonly bucket: BillBucket } => {
  const comma = item.lastIndexOf(', ')
  const bucket = comma === -1 ? undefined : ITEMS[item.slice(comma + 2)]
  return bucket === undefined ? { model: item, bucket: 'all' } : { model: item.slice(0, comma), bucket }
}

export const readOpenaiCosts = (text: string): ProviderReport => {
  const buckets = bucketsOf(costPages.parse(readPages(text)))
  const lines = buckets.flatMap((bucket) =>
    bucket.results.map((result) => ({
      ...splitItem(result.line_item),
      day: dayOf(bucket.start_time),
      units: null,
      costPusd: parseReportedAmount(result.amount.value, 12),
    })),
  )
  return { provider: 'openai', source: 'openai-costs', ...spansOf(buckets), lines }
}
