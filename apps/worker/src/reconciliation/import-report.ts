import { createHash } from 'node:crypto'
import type { ProviderReport } from '@atpar/core/provider-bill'
import type { Pool } from '@atpar/db/pool'
import { newId } from '../billing/post-ledger.ts'
import { inTransaction, type Connection } from '../billing/transaction.ts'

export interface ImportResult {
  /** False when the newest report of these days was this one, byte for byte. */
  readonly isNew: boolean
  readonly lines: number
}

interface SummedLine {
  readonly day: string
  readonly model: string
  readonly bucket: string
  readonly units: bigint | null
  readonly costPusd: bigint | null
}

const add = (one: bigint | null, other: bigint | null): bigint | null =>
  one === null ? other : other === null ? one : one + other

/** Several lines of a report may speak of one bucket: of several projects, or hours. */
const sumLines = (report: ProviderReport): readonly SummedLine[] => {
  const sums = new Map<string, SummedLine>()
  for (const { day, model, bucket, units, costPusd } of report.lines) {
    if (day < report.fromDay || day >= report.untilDay) continue
    const key = `${day}\0${model}\0${bucket}`
    const known = sums.get(key)
    sums.set(key, {
      day,
      model,
      bucket,
      units: add(known?.units ?? null, units),
      costPusd: add(known?.costPusd ?? null, costPusd),
    })
  }
  return [...sums.values()]
}

const isNewest = async (connection: Connection, report: ProviderReport, sha256: Buffer): Promise<boolean> => {
  const { rows } = await connection.query<{ same: boolean }>(
    `SELECT source_sha256 = $5 AS same FROM provider_bill_import
    WHERE provider = $1 AND source = $2 AND from_day < $4::date AND until_day > $3::date ORDER BY imported_at DESC, id DESC LIMIT 1`,
    [report.provider, report.source, report.fromDay, report.untilDay, sha256],
  )
  return rows[0]?.same !== true
}

/** A newer report of a day replaces what the older one said of it, figure by figure; costs and counts come in different reports. */
const clearDays = async (
  connection: Connection,
  { provider, fromDay, untilDay }: ProviderReport,
  figure: 'units' | 'cost',
): Promise<void> => {
  const [own, other] = figure === 'units' ? ['units', 'cost_pusd'] : ['cost_pusd', 'units']
  const days = [provider, fromDay, untilDay]
  const where = 'provider = $1 AND day >= $2::date AND day < $3::date'
  await connection.query(`DELETE FROM provider_bill WHERE ${where} AND ${other} IS NULL`, days)
  await connection.query(`UPDATE provider_bill SET ${own} = NULL, ${figure}_import_id = NULL WHERE ${where}`, days)
}

const writeLines = async (
  connection: Connection,
  { importId, provider, lines }: { importId: string; provider: string; lines: readonly SummedLine[] },
): Promise<void> => {
  await connection.query(
    `INSERT INTO provider_bill (provider, day, model, bucket, units, cost_pusd, units_import_id, cost_import_id)
      SELECT $1, line.day, line.model, line.bucket, line.units, line.cost,
        CASE WHEN line.units IS NULL THEN NULL ELSE $2::uuid END, CASE WHEN line.cost IS NULL THEN NULL ELSE $2::uuid END
      FROM unnest($3::date[], $4::text[], $5::text[], $6::bigint[], $7::numeric[]) AS line (day, model, bucket, units, cost)
    ON CONFLICT (provider, day, model, bucket) DO UPDATE SET imported_at = now(),
      units = coalesce(EXCLUDED.units, provider_bill.units), units_import_id = coalesce(EXCLUDED.units_import_id, provider_bill.units_import_id),
      cost_pusd = coalesce(EXCLUDED.cost_pusd, provider_bill.cost_pusd), cost_import_id = coalesce(EXCLUDED.cost_import_id, provider_bill.cost_import_id)`,
    [
      provider,
      importId,
      lines.map((line) => line.day),
      lines.map((line) => line.model),
      lines.map((line) => line.bucket),
      lines.map((line) => line.units?.toString() ?? null),
      lines.map((line) => line.costPusd?.toString() ?? null),
    ],
  )
}

/** Stores what a provider says it charges us. The same report again changes nothing; a newer one of the same days replaces it. */
export const importReport = (pool: Pool, report: ProviderReport, source: string | Buffer): Promise<ImportResult> =>
  inTransaction(pool, async (connection) => {
    await connection.query(`SELECT pg_advisory_xact_lock(hashtextextended('provider-bill:' || $1, 0))`, [
      report.provider,
    ])
    const sha256 = createHash('sha256').update(source).digest()
    const lines = sumLines(report)
    if (!(await isNewest(connection, report, sha256))) return { isNew: false, lines: lines.length }
    // A report without a line still says that nothing was used: its kind tells what it would have held.
    const hasUnits = report.source.endsWith('-usage') || lines.some((line) => line.units !== null)
    const hasCosts = report.source.endsWith('-costs') || lines.some((line) => line.costPusd !== null)
    const importId = newId()
    await connection.query(
      `INSERT INTO provider_bill_import (id, provider, source, source_sha256, from_day, until_day, lines, has_units, has_costs) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        importId,
        report.provider,
        report.source,
        sha256,
        report.fromDay,
        report.untilDay,
        lines.length,
        hasUnits,
        hasCosts,
      ],
    )
    if (hasUnits) await clearDays(connection, report, 'units')
    if (hasCosts) await clearDays(connection, report, 'cost')
    await writeLines(connection, { importId, provider: report.provider, lines })
    return { isNew: true, lines: lines.length }
  })
