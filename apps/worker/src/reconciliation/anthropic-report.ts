import { z } from 'zod'
import { parseReportedAmount, type BillBucket, type BillLine, type ProviderReport } from '@atpar/core/provider-bill'
import { coveredDays, dayOf, readPages } from './report-json.ts'

const count = z
  .string()
  .regex(/^\d+$/)
  .nullish()
  .transform((text) => BigInt(text ?? '0'))
const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))

const pageOf = <Result extends z.ZodType>(result: Result) =>
  z.array(
    z.object({
      data: z.array(z.object({ starting_at: instant, ending_at: instant, results: z.array(result) })),
    }),
  )

/** https://platform.claude.com/docs/en/api/admin/usage_report, asked with `bucket_width=1d&group_by[]=model`. */
const usagePages = pageOf(
  z.object({
    model: z.string({ error: 'the report has to be grouped by model' }),
    uncached_input_tokens: count,
    cache_read_input_tokens: count,
    cache_creation: z.object({ ephemeral_5m_input_tokens: count, ephemeral_1h_input_tokens: count }).nullish(),
    output_tokens: count,
    server_tool_use: z.object({ web_search_requests: count }).nullish(),
  }),
)

/** https://platform.claude.com/docs/en/api/admin/cost_report, asked with `group_by[]=description`. Amounts are cents as decimal text. */
const costPages = pageOf(
  z.object({
    amount: z.string(),
    currency: z.literal('USD'),
    model: z.string().nullish(),
    token_type: z.string().nullish(),
    cost_type: z.string().nullish(),
    description: z.string().nullish(),
  }),
)

const bucketsOf = <Result>(
  pages: readonly { data: { starting_at: number; ending_at: number; results: Result[] }[] }[],
) => pages.flatMap((page) => page.data)

const spansOf = (buckets: readonly { starting_at: number; ending_at: number }[]) =>
  coveredDays(buckets.map((bucket) => ({ fromMs: bucket.starting_at, toMs: bucket.ending_at })))

export const readAnthropicUsage = (text: string): ProviderReport => {
  const buckets = bucketsOf(usagePages.parse(readPages(text)))
  const lines = buckets.flatMap((bucket) =>
    bucket.results.flatMap((result): BillLine[] => {
      const units: readonly (readonly [BillBucket, bigint])[] = [
        ['input_uncached', result.uncached_input_tokens],
        ['cache_read', result.cache_read_input_tokens],
        ['cache_write_5m', result.cache_creation?.ephemeral_5m_input_tokens ?? 0n],
        ['cache_write_1h', result.cache_creation?.ephemeral_1h_input_tokens ?? 0n],
        ['output', result.output_tokens],
        ['searches', result.server_tool_use?.web_search_requests ?? 0n],
      ]
      return units.map(([name, counted]) => ({
        model: result.model,
        day: dayOf(bucket.starting_at),
        bucket: name,
        units: counted,
        costPusd: null,
      }))
    }),
  )
  return { provider: 'anthropic', source: 'anthropic-usage', ...spansOf(buckets), lines }
}

const TOKEN_TYPES: Readonly<Record<string, BillBucket>> = {
  uncached_input_tokens: 'input_uncached',
  cache_read_input_tokens: 'cache_read',
  'cache_creation.ephemeral_5m_input_tokens': 'cache_write_5m',
  'cache_creation.ephemeral_1h_input_tokens': 'cache_write_1h',
  output_tokens: 'output',
}

const bucketOf = (result: {
  token_type?: string | null | undefined
  cost_type?: string | null | undefined
}): BillBucket => TOKEN_TYPES[result.token_type ?? ''] ?? (result.cost_type === 'web_search' ? 'searches' : 'all')

export const readAnthropicCosts = (text: string): ProviderReport => {
  const buckets = bucketsOf(costPages.parse(readPages(text)))
  const lines = buckets.flatMap((bucket) =>
    bucket.results.map((result) => ({
      model: result.model ?? result.description ?? 'unnamed',
      day: dayOf(bucket.starting_at),
      bucket: bucketOf(result),
      units: null,
      costPusd: parseReportedAmount(result.amount, 10),
    })),
  )
  return { provider: 'anthropic', source: 'anthropic-costs', ...spansOf(buckets), lines }
}
