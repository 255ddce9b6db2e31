import { readFile } from 'node:fs/promises'
import { formatUsd } from '@atpar/core/money'
import type { ProviderReport } from '@atpar/core/provider-bill'
import type { DayComparison } from '@atpar/core/reconciliation'
import type { Pool } from '@atpar/db/pool'
import { readAnthropicCosts, readAnthropicUsage } from '../../apps/worker/src/reconciliation/anthropic-report.ts'
import { compareAllBills } from '../../apps/worker/src/reconciliation/compare-bills.ts'
import { readCsvReport } from '../../apps/worker/src/reconciliation/csv-report.ts'
import { fetchReports, type ReportSource } from '../../apps/worker/src/reconciliation/fetch-reports.ts'
import { importReport } from '../../apps/worker/src/reconciliation/import-report.ts'
import { readOpenaiCosts, readOpenaiUsage } from '../../apps/worker/src/reconciliation/openai-report.ts'
import { textTable } from './text-table.ts'

export const REPORT_FORMATS = ['openai-usage', 'openai-costs', 'anthropic-usage', 'anthropic-costs', 'csv'] as const
export type ReportFormat = (typeof REPORT_FORMATS)[number]

const readReport = (text: string, format: ReportFormat, provider: string | null): ProviderReport => {
  switch (format) {
    case 'openai-usage':
      return readOpenaiUsage(text)
    case 'openai-costs':
      return readOpenaiCosts(text)
    case 'anthropic-usage':
      return readAnthropicUsage(text)
    case 'anthropic-costs':
      return readAnthropicCosts(text)
    case 'csv':
      if (provider === null) throw new Error('A CSV report does not say whose it is: name the --provider.')
      return readCsvReport(text, provider)
  }
}

const tellImport = (report: ProviderReport, result: { isNew: boolean; lines: number }): string =>
  `${report.source} of ${report.provider}, ${report.fromDay} to before ${report.untilDay}: ${result.lines} figures, ${result.isNew ? 'imported' : 'imported before, nothing changed'}.`

/** @throws RangeError, SyntaxError or ZodError naming what in the file is not as documented; then nothing is imported. */
export const importReportFile = async (
  pool: Pool,
  file: { readonly path: string; readonly format: ReportFormat; readonly provider: string | null },
): Promise<string> => {
  const bytes = await readFile(file.path)
  const report = readReport(bytes.toString('utf8'), file.format, file.provider)
  return tellImport(report, await importReport(pool, report, bytes))
}

export const importFetchedReports = async (
  pool: Pool,
  source: ReportSource,
  span: { readonly fromDay: string; readonly untilDay: string },
): Promise<readonly string[]> => {
  const lines: string[] = []
  for (const { report, text } of await fetchReports(source, span))
    lines.push(tellImport(report, await importReport(pool, report, text)))
  return lines
}

const rowOf = (day: DayComparison): readonly string[] => [
  day.day,
  day.provider,
  day.model,
  day.verdict,
  day.unexplainedUnits.toString(),
  `$${formatUsd(day.ourCostPusd)}`,
  day.billCostPusd === null ? '–' : `$${formatUsd(day.billCostPusd)}`,
  day.buckets
    .filter(({ difference }) => difference !== 0n)
    .map(({ bucket, difference, explanation }) => `${bucket} ${difference > 0n ? '+' : ''}${difference} ${explanation}`)
    .join('; '),
]

const HEAD = ['day', 'provider', 'model', 'verdict', 'unexplained units', 'our cost', 'their bill', 'by bucket']

/** Compares all days that reports cover with our events and keeps the result. `isSound` is false while a difference is not explained. */
export const tellComparison = async (
  pool: Pool,
  nowMs: number,
): Promise<{ readonly lines: readonly string[]; readonly isSound: boolean }> => {
  const comparisons = await compareAllBills(pool, nowMs)
  if (comparisons.length === 0)
    return { lines: ['No report covers a whole day of the last two months.'], isSound: true }
  const differing = comparisons.filter(({ verdict }) => verdict === 'different').length
  return {
    lines: [
      ...textTable(HEAD, comparisons.map(rowOf), new Set(['unexplained units', 'our cost', 'their bill'])),
      `${comparisons.length} model-days compared, ${differing} differ.`,
    ],
    isSound: differing === 0,
  }
}
