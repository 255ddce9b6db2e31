import type { BookEntry, BookUsage } from '../books.ts'
import { NO_USAGE } from '../books.ts'
import type { ProviderId } from '../providers.ts'

const DAY_MS = 86_400_000

export interface ReportDay {
  fromMs: number
  toMs: number
  models: { model: string; requests: number; usage: BookUsage }[]
}

function add(one: BookUsage, other: BookUsage): BookUsage {
  return {
    input_uncached: one.input_uncached + other.input_uncached,
    cache_read: one.cache_read + other.cache_read,
    cache_write_5m: one.cache_write_5m + other.cache_write_5m,
    cache_write_1h: one.cache_write_1h + other.cache_write_1h,
    output_text: one.output_text + other.output_text,
    output_reasoning: one.output_reasoning + other.output_reasoning,
  }
}

/** What is billed, by UTC day and model, a bucket for every day of `[fromMs, toMs)` also when nothing happened; days that have begun only. */
export function sumModelDays(
  entries: readonly BookEntry[],
  span: { provider: ProviderId; fromMs: number; toMs: number; keys: ReadonlySet<string> },
): ReportDay[] {
  const days: ReportDay[] = []
  for (let fromMs = Math.floor(span.fromMs / DAY_MS) * DAY_MS; fromMs < span.toMs; fromMs += DAY_MS) {
    const models = new Map<string, { requests: number; usage: BookUsage }>()
    for (const entry of entries) {
      const startedMs = Date.parse(entry.startedAt)
      if (entry.provider !== span.provider || !entry.billable || entry.model === null) continue
      if (startedMs < fromMs || startedMs >= fromMs + DAY_MS) continue
      if (span.keys.size > 0 && !span.keys.has(entry.keySha256 ?? '')) continue
      const sum = models.get(entry.model) ?? { requests: 0, usage: NO_USAGE }
      models.set(entry.model, { requests: sum.requests + 1, usage: add(sum.usage, entry.usage) })
    }
    days.push({ fromMs, toMs: fromMs + DAY_MS, models: [...models].map(([model, sum]) => ({ model, ...sum })) })
  }
  return days
}
