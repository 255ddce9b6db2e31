import { z } from 'zod'
import type { ProviderReport } from '@atpar/core/provider-bill'
import { readAnthropicCosts, readAnthropicUsage } from './anthropic-report.ts'
import { readOpenaiCosts, readOpenaiUsage } from './openai-report.ts'
import { readPages } from './report-json.ts'

/** An administration API that reports usage and costs. Its key can read the bill and call no model. */
export interface ReportSource {
  readonly provider: 'openai' | 'anthropic'
  /** With the version: `https://api.openai.com/v1`. */
  readonly baseUrl: string
  readonly adminKey: string
}

export interface FetchedReport {
  readonly report: ProviderReport
  /** The pages as they came, one a line. */
  readonly text: string
}

interface Asking {
  readonly path: string
  readonly query: (from: string, until: string) => Readonly<Record<string, string>>
  readonly read: (text: string) => ProviderReport
}

const secondsOf = (day: string): string => (Date.parse(day) / 1000).toString()

const ASKING: Readonly<Record<ReportSource['provider'], readonly Asking[]>> = {
  openai: [
    {
      path: '/organization/usage/completions',
      query: (from, until) => ({
        start_time: secondsOf(from),
        end_time: secondsOf(until),
        bucket_width: '1d',
        group_by: 'model',
        limit: '31',
      }),
      read: readOpenaiUsage,
    },
    {
      path: '/organization/costs',
      query: (from, until) => ({
        start_time: secondsOf(from),
        end_time: secondsOf(until),
        bucket_width: '1d',
        group_by: 'line_item',
        limit: '31',
      }),
      read: readOpenaiCosts,
    },
  ],
  anthropic: [
    {
      path: '/organizations/usage_report/messages',
      query: (from, until) => ({
        starting_at: `${from}T00:00:00Z`,
        ending_at: `${until}T00:00:00Z`,
        bucket_width: '1d',
        'group_by[]': 'model',
        limit: '31',
      }),
      read: readAnthropicUsage,
    },
    {
      path: '/organizations/cost_report',
      query: (from, until) => ({
        starting_at: `${from}T00:00:00Z`,
        ending_at: `${until}T00:00:00Z`,
        'group_by[]': 'description',
        limit: '31',
      }),
      read: readAnthropicCosts,
    },
  ],
}

const TIMEOUT_MS = 30_000
/** Two months of days are two pages; a server that never ends its pages is not followed for ever. */
const MOST_PAGES = 100

const next = z.object({ has_more: z.boolean().default(false), next_page: z.string().nullish() })

const headersOf = ({ provider, adminKey }: ReportSource): Record<string, string> =>
  provider === 'openai'
    ? { authorization: `Bearer ${adminKey}` }
    : { 'x-api-key': adminKey, 'anthropic-version': '2023-06-01' }

const fetchPages = async (source: ReportSource, asking: Asking, span: readonly [string, string]): Promise<string> => {
  const pages: string[] = []
  let page: string | null = null
  do {
    const url: URL = new URL(source.baseUrl.replace(/\/$/, '') + asking.path)
    for (const [name, value] of Object.entries(asking.query(...span))) url.searchParams.set(name, value)
    if (page !== null) url.searchParams.set('page', page)
    const response: Response = await fetch(url, {
      headers: headersOf(source),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
    })
    const text: string = await response.text()
    if (!response.ok) throw new Error(`${source.provider} answered ${response.status} to ${asking.path}.`)
    const [parsed] = readPages(text)
    // On one line each, so that several pages can be told apart when they are read again.
    pages.push(text.replaceAll(/\s*\n\s*/g, ' '))
    const following = next.parse(parsed)
    page = following.has_more ? (following.next_page ?? null) : null
  } while (page !== null && pages.length < MOST_PAGES)
  if (page !== null) throw new Error(`${source.provider} still has more after ${MOST_PAGES} pages of ${asking.path}.`)
  return pages.join('\n')
}

/** All reports of the UTC days `[fromDay, untilDay)`. @throws when one cannot be had whole: a report with a hole would look like calls that were not billed. */
export const fetchReports = async (
  source: ReportSource,
  span: { readonly fromDay: string; readonly untilDay: string },
): Promise<readonly FetchedReport[]> => {
  const reports: FetchedReport[] = []
  for (const asking of ASKING[source.provider]) {
    const text = await fetchPages(source, asking, [span.fromDay, span.untilDay])
    reports.push({ report: asking.read(text), text })
  }
  return reports
}
