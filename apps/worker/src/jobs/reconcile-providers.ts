import { DAY_MS } from '@atpar/core/durations'
import { readClockOffset } from '../clock.ts'
import type { Deps } from '../deps.ts'
import { compareAllBills } from '../reconciliation/compare-bills.ts'
import { fetchReports } from '../reconciliation/fetch-reports.ts'
import { importReport } from '../reconciliation/import-report.ts'
import { dayOf } from '../reconciliation/report-json.ts'

/** Providers correct their figures for some days. */
const DAYS_BACK = 10

/** Asks the providers what they charge us and compares it with our events. A provider that does not answer waits for the next night. */
export const reconcileProviders = async ({ pool, wallMs, log, reportSources }: Deps): Promise<void> => {
  const nowMs = wallMs()
  const span = { fromDay: dayOf(nowMs - DAYS_BACK * DAY_MS), untilDay: dayOf(nowMs) }
  for (const source of reportSources) {
    try {
      for (const { report, text } of await fetchReports(source, span)) {
        const { isNew, lines } = await importReport(pool, report, text)
        log.info('provider-bill-imported', { provider: report.provider, source: report.source, lines, isNew })
      }
    } catch (error) {
      log.error('provider-bill-not-fetched', { provider: source.provider, error: String(error) })
    }
  }
  const comparisons = await compareAllBills(pool, nowMs + (await readClockOffset(pool)))
  for (const { provider, model, day, unexplainedUnits, unexplainedPusd } of comparisons.filter(
    ({ verdict }) => verdict === 'different',
  ))
    log.error('provider-bill-differs', {
      provider,
      model,
      day,
      unexplainedUnits: unexplainedUnits.toString(),
      unexplainedPusd: unexplainedPusd.toString(),
    })
  log.info('providers-reconciled', { modelDays: comparisons.length })
}
