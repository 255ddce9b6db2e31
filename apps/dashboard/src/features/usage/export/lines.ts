import { DAY_MS } from '@atpar/core/durations'
import { FOCUS_COLUMNS, type FocusRow } from '@atpar/core/focus'
import { formatUsd, pusd } from '@atpar/core/money'
import {
  EXPORTED_FIELDS,
  type CHARGEBACK_SUBJECTS,
  type ChargebackRow,
  type ExportedEvent,
} from '@atpar/db/usage-export'
import { exportFocusAct } from '../../../acts/usage/export-focus.ts'
import { exportUsageAct, type UsageExportPage } from '../../../acts/usage/export-usage.ts'
import { readChargebackAct } from '../../../acts/usage/read-chargeback.ts'
import type { ActContext } from '../../../acts/define-act.ts'
import { csvLine } from '../../../format/csv.ts'
import type { ExportQuery } from './query-string.ts'

const PAGE = 2_000

const eventCsv = ({ cursor, fields }: ExportedEvent): string =>
  csvLine([...EXPORTED_FIELDS.map((field) => fields[field]), cursor])

const eventJson = ({ cursor, fields }: ExportedEvent): string =>
  `${JSON.stringify({ ...fields, units: JSON.parse(fields.units ?? '{}') as unknown, cursor })}\n`

/** Each line ends with its cursor: whoever holds a broken-off file asks for the rest by the last whole line of it. */
const eventLines = async function* (
  context: ActContext,
  query: ExportQuery,
  write: (event: ExportedEvent) => string,
): AsyncGenerator<string> {
  let after: string | null | undefined = query.after
  do {
    const page: UsageExportPage = await exportUsageAct(context, {
      fromMs: query.fromMs,
      toMs: query.toMs,
      limit: PAGE,
      after,
      teamId: query.teamId,
    })
    yield page.events.map(write).join('')
    after = page.next
  } while (after !== null)
}

const focusLines = async function* (context: ActContext, query: ExportQuery): AsyncGenerator<string> {
  for (let atMs = query.fromMs; atMs < query.toMs; atMs += DAY_MS) {
    const day = new Date(atMs).toISOString().slice(0, 10)
    const rows: readonly FocusRow[] = await exportFocusAct(context, { day, teamId: query.teamId })
    yield rows.map((row) => csvLine(FOCUS_COLUMNS.map((column) => row[column]))).join('')
  }
}

const chargebackCsv = (row: ChargebackRow): string =>
  csvLine([
    row.month,
    row.subjectId,
    row.subject,
    row.provider,
    row.model,
    row.requests,
    formatUsd(pusd(row.costPusd)),
    formatUsd(pusd(row.billedPusd)),
  ])

const chargebackLines = async function* (
  context: ActContext,
  query: ExportQuery,
  by: (typeof CHARGEBACK_SUBJECTS)[number],
): AsyncGenerator<string> {
  yield csvLine(['month', `${by}_id`, by, 'provider', 'model', 'requests', 'cost_usd', 'billed_usd'])
  const rows = await readChargebackAct(context, { fromMs: query.fromMs, toMs: query.toMs, by, teamId: query.teamId })
  yield rows.map(chargebackCsv).join('')
}

const withHead = async function* (head: string, lines: AsyncGenerator<string>): AsyncGenerator<string> {
  yield head
  yield* lines
}

/** The text of an export, a page at a time: it may be longer than memory. */
export const exportLines = (context: ActContext, query: ExportQuery): AsyncGenerator<string> => {
  switch (query.format) {
    case 'csv': {
      const lines = eventLines(context, query, eventCsv)
      // The rest of a file that broke off has its head already.
      return query.after === undefined ? withHead(csvLine([...EXPORTED_FIELDS, 'cursor']), lines) : lines
    }
    case 'jsonl':
      return eventLines(context, query, eventJson)
    case 'focus':
      return withHead(csvLine(FOCUS_COLUMNS), focusLines(context, query))
    case 'team':
    case 'member':
    case 'key':
    case 'tag':
      return chargebackLines(context, query, query.format)
  }
}
