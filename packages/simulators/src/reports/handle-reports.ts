import type { IncomingMessage, ServerResponse } from 'node:http'

import type { BookUsage } from '../books.ts'
import type { SimulatorContext } from '../service/context.ts'
import { sendJson, sendText } from '../service/send.ts'
import { costOf, decimal } from './list-prices.ts'
import { sumModelDays, type ReportDay } from './model-days.ts'

type Write = (days: readonly ReportDay[]) => object[]

interface Report {
  provider: 'openai' | 'anthropic'
  /** OpenAI speaks of seconds, Anthropic of RFC 3339. */
  from: string
  to: string
  write: Write
}

/** A cost this simulator has no price for: better no report than one with a hole. */
class Unpriced extends Error {}

const REPORTS: Readonly<Record<string, Report>> = {
  '/openai/v1/organization/usage/completions': {
    provider: 'openai',
    from: 'start_time',
    to: 'end_time',
    write: (days) => days.map((day) => writeOpenaiDay(day, writeOpenaiUsage)),
  },
  '/openai/v1/organization/costs': {
    provider: 'openai',
    from: 'start_time',
    to: 'end_time',
    write: (days) => days.map((day) => writeOpenaiDay(day, writeOpenaiCosts)),
  },
  '/anthropic/v1/organizations/usage_report/messages': {
    provider: 'anthropic',
    from: 'starting_at',
    to: 'ending_at',
    write: (days) => days.map((day) => writeAnthropicDay(day, writeAnthropicUsage)),
  },
  '/anthropic/v1/organizations/cost_report': {
    provider: 'anthropic',
    from: 'starting_at',
    to: 'ending_at',
    write: (days) => days.map((day) => writeAnthropicDay(day, writeAnthropicCosts)),
  },
}

function writeOpenaiDay(day: ReportDay, write: (day: ReportDay) => object[]): object {
  return { object: 'bucket', start_time: day.fromMs / 1000, end_time: day.toMs / 1000, results: write(day) }
}

function writeAnthropicDay(day: ReportDay, write: (day: ReportDay) => object[]): object {
  const [starting_at, ending_at] = [day.fromMs, day.toMs].map((at) => new Date(at).toISOString())
  return { starting_at, ending_at, results: write(day) }
}

const outputOf = (usage: BookUsage): number => usage.output_text + usage.output_reasoning

function writeOpenaiUsage(day: ReportDay): object[] {
  return day.models.map(({ model, requests, usage }) => ({
    object: 'organization.usage.completions.result',
    input_tokens: usage.input_uncached + usage.cache_read,
    output_tokens: outputOf(usage),
    input_cached_tokens: usage.cache_read,
    input_audio_tokens: 0,
    output_audio_tokens: 0,
    num_model_requests: requests,
    project_id: null,
    user_id: null,
    api_key_id: null,
    model,
    batch: null,
  }))
}

function writeAnthropicUsage(day: ReportDay): object[] {
  return day.models.map(({ model, usage }) => ({
    uncached_input_tokens: usage.input_uncached,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cache_write_5m,
      ephemeral_1h_input_tokens: usage.cache_write_1h,
    },
    cache_read_input_tokens: usage.cache_read,
    output_tokens: outputOf(usage),
    server_tool_use: { web_search_requests: 0 },
    api_key_id: null,
    workspace_id: null,
    model,
    service_tier: null,
    context_window: null,
  }))
}

function price(model: string, buckets: readonly (keyof BookUsage)[], usage: BookUsage): bigint {
  return buckets.reduce((sum, bucket) => {
    const cost = costOf(model, bucket, usage[bucket] ?? 0)
    if (cost === null) throw new Unpriced(`no list price here for ${bucket} of ${model}`)
    return sum + cost
  }, 0n)
}

const OPENAI_ITEMS = [
  ['input', ['input_uncached']],
  ['cached input', ['cache_read']],
  ['output', ['output_text', 'output_reasoning']],
] as const satisfies readonly (readonly [string, readonly (keyof BookUsage)[]])[]

function writeOpenaiCosts(day: ReportDay): object[] {
  return day.models.flatMap(({ model, usage }) =>
    OPENAI_ITEMS.map(([name, buckets]) => ({
      object: 'organization.costs.result',
      // A float in the real report as well: readers have to live with its noise.
      amount: { value: Number(decimal(price(model, buckets, usage), 12)), currency: 'usd' },
      line_item: `${model}, ${name}`,
      project_id: null,
    })),
  )
}

const ANTHROPIC_ITEMS = [
  ['uncached_input_tokens', ['input_uncached']],
  ['cache_read_input_tokens', ['cache_read']],
  ['cache_creation.ephemeral_5m_input_tokens', ['cache_write_5m']],
  ['cache_creation.ephemeral_1h_input_tokens', ['cache_write_1h']],
  ['output_tokens', ['output_text', 'output_reasoning']],
] as const satisfies readonly (readonly [string, readonly (keyof BookUsage)[]])[]

function writeAnthropicCosts(day: ReportDay): object[] {
  return day.models.flatMap(({ model, usage }) =>
    ANTHROPIC_ITEMS.map(([tokenType, buckets]) => ({
      amount: decimal(price(model, buckets, usage), 10),
      currency: 'USD',
      cost_type: 'tokens',
      description: `${model} Usage - ${tokenType}`,
      model,
      token_type: tokenType,
      service_tier: 'standard',
      context_window: '0-200k',
      workspace_id: null,
    })),
  )
}

function isAdmin(provider: Report['provider'], request: IncomingMessage): boolean {
  return provider === 'openai'
    ? /^Bearer sk-admin-\S+$/.test(request.headers.authorization ?? '')
    : /^sk-ant-admin\S+$/.test(String(request.headers['x-api-key'] ?? ''))
}

const readTime = (text: string | null): number =>
  text === null ? Number.NaN : /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text)

const refuse = (response: ServerResponse, status: number, message: string): void =>
  sendText(response, {
    status,
    type: 'application/json; charset=utf-8',
    text: JSON.stringify({
      error: { type: status === 401 ? 'authentication_error' : 'invalid_request_error', message },
    }),
  })

/** What OpenAI's and Anthropic's administration APIs tell of the books, by UTC day and model. True when the path was one of theirs. */
export function handleReports(
  { books, now }: SimulatorContext,
  call: { path: string; query: URLSearchParams; request: IncomingMessage; response: ServerResponse },
): boolean {
  const report = REPORTS[call.path]
  if (report === undefined || call.request.method !== 'GET') return false
  const { query, request, response } = call
  if (!isAdmin(report.provider, request)) {
    refuse(response, 401, 'This needs an admin key.')
    return true
  }
  const fromMs = readTime(query.get(report.from))
  const toMs = query.has(report.to) ? readTime(query.get(report.to)) : now().getTime()
  if (Number.isNaN(fromMs) || Number.isNaN(toMs)) {
    refuse(response, 400, `${report.from} is missing or no time`)
    return true
  }
  const keys = new Set([...query.getAll('api_key_ids'), ...query.getAll('api_key_ids[]')])
  try {
    const data = report.write(
      sumModelDays(books.entries(), { provider: report.provider, fromMs, toMs: Math.min(toMs, now().getTime()), keys }),
    )
    sendJson(response, JSON.stringify({ object: 'page', data, has_more: false, next_page: null }))
  } catch (error) {
    if (!(error instanceof Unpriced)) throw error
    refuse(response, 422, error.message)
  }
  return true
}
