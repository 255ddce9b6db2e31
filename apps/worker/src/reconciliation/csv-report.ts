import { DAY_MS } from '@atpar/core/durations'
import { isBillBucket, parseReportedAmount, type BillLine, type ProviderReport } from '@atpar/core/provider-bill'
import { coveredDays } from './report-json.ts'

const COLUMNS = ['day', 'model', 'bucket', 'units', 'cost_usd'] as const

/** Fields of RFC 4180, with or without quotes; no line feed inside a field. */
const splitLine = (line: string): readonly string[] =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))(?=,|$)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '').trim() : quoted.replaceAll('""', '"'),
  )

const fault = (number: number, what: string): RangeError => new RangeError(`line ${number}: ${what}`)

const readLine = (fields: ReadonlyMap<string, string>, number: number): BillLine => {
  const read = (name: (typeof COLUMNS)[number]): string => fields.get(name) ?? ''
  const [day, model, bucket, units, cost] = COLUMNS.map(read)
  if (day === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(Date.parse(day)))
    throw fault(number, `day "${day}" is not like 2026-11-15`)
  if (model === undefined || model === '') throw fault(number, 'model is empty')
  if (bucket === undefined || !isBillBucket(bucket)) throw fault(number, `bucket "${bucket}" is none of ours`)
  if (units !== undefined && !/^\d{0,18}$/.test(units)) throw fault(number, `units "${units}" is no whole number`)
  if (!units && !cost) throw fault(number, 'units and cost_usd are both empty')
  return {
    model,
    day,
    bucket,
    units: units ? BigInt(units) : null,
    costPusd: cost ? parseReportedAmount(cost, 12) : null,
  }
}

/**
 * Any provider's bill as a table: a header that names `day, model, bucket, units, cost_usd` in any order (others are ignored), days in UTC, buckets as
 * in `BILL_BUCKETS`, either figure may be empty. It covers every day from the first to the last it names.
 * @throws RangeError naming the line.
 */
export const readCsvReport = (text: string, provider: string): ProviderReport => {
  const [head = '', ...rest] = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const names = splitLine(head).map((name) => name.toLowerCase())
  const missing = COLUMNS.filter((column) => !names.includes(column) && column !== 'units' && column !== 'cost_usd')
  if (missing.length > 0) throw fault(1, `the header names no ${missing.join(', ')}`)
  const lines = rest.flatMap((line, index) => {
    if (line.trim() === '') return []
    const fields = splitLine(line)
    return [readLine(new Map(names.map((name, column) => [name, fields[column] ?? ''])), index + 2)]
  })
  const spans = lines.map(({ day }) => ({ fromMs: Date.parse(day), toMs: Date.parse(day) + DAY_MS }))
  return { provider, source: 'csv', ...coveredDays(spans), lines }
}
