import type { BookUsage } from '../books.ts'
import { sumInput, sumOutput } from '../generate/answer.ts'
import type { Directive } from '../directives.ts'
import type { Provider } from '../providers.ts'

/** A `usage` object as this provider writes it, or what the directive makes of it. */
export function writeUsage(
  usage: Readonly<BookUsage>,
  provider: Provider,
  { usage_is: spoiltAs }: Pick<Directive, 'usage_is'>,
): Record<string, unknown> {
  const counts = writeCounts(usage, provider)
  return spoiltAs === undefined ? counts : spoil(counts, spoiltAs)
}

const SPOILT = { zero: 0, negative: -7, not_a_number: 'NaN', huge: 1e18 } as const

function spoil(counts: Record<string, unknown>, as: keyof typeof SPOILT): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(counts).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null ? spoil({ ...value }, as) : SPOILT[as],
    ]),
  )
}

/** In this format the prompt's tokens include the cached ones, and the completion's include the reasoning. */
function writeCounts(usage: Readonly<BookUsage>, provider: Provider): Record<string, unknown> {
  const input = sumInput(usage)
  const output = sumOutput(usage)
  const totals = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output }
  const cached = { cached_tokens: usage.cache_read }
  const reasoning = { reasoning_tokens: usage.output_reasoning }
  switch (provider.usageShape) {
    case 'plain':
      return totals
    case 'deepseek':
      return {
        ...totals,
        prompt_tokens_details: cached,
        ...(usage.output_reasoning > 0 ? { completion_tokens_details: reasoning } : {}),
        prompt_cache_hit_tokens: usage.cache_read,
        prompt_cache_miss_tokens: input - usage.cache_read,
      }
    case 'dashscope':
      return {
        ...totals,
        prompt_tokens_details: { ...cached, ...writeDashscopeCacheWrites(usage.cache_write_5m) },
        ...(usage.output_reasoning > 0 ? { completion_tokens_details: reasoning } : {}),
      }
    case 'groq':
      return {
        queue_time: 0.0012,
        ...totals,
        ...writeGroqDetails(usage),
        prompt_time: 0.0034,
        completion_time: output / 1000,
        total_time: 0.0034 + output / 1000,
      }
    case 'openai':
      return {
        ...totals,
        prompt_tokens_details: {
          ...cached,
          audio_tokens: 0,
          ...(usage.cache_write_5m > 0 ? { cache_write_tokens: usage.cache_write_5m } : {}),
        },
        completion_tokens_details: {
          ...reasoning,
          audio_tokens: 0,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      }
  }
}

/** Groq leaves the details out when they would be zero. */
function writeGroqDetails(usage: Readonly<BookUsage>) {
  return {
    ...(usage.cache_read > 0 ? { prompt_tokens_details: { cached_tokens: usage.cache_read } } : {}),
    ...(usage.output_reasoning > 0 ? { completion_tokens_details: { reasoning_tokens: usage.output_reasoning } } : {}),
  }
}

/** DashScope's explicit cache: counted inside the prompt, told apart only when there is any. */
function writeDashscopeCacheWrites(written: number) {
  if (written === 0) return {}
  return {
    cache_creation_input_tokens: written,
    cache_creation: { ephemeral_5m_input_tokens: written },
    cache_type: 'ephemeral',
  }
}
