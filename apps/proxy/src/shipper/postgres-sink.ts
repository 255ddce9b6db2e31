import type { Pool } from '@atpar/db/pool'
import type { UsageRow } from '@atpar/core/usage-row'
import { ingestUsageRows, ProgressLostError } from '@atpar/db/usage-ingest'
import type { DamagedRecord } from './boot-tail.ts'
import { CONCLUDED_POSITION, type Commit, type ShippedBoot, type Sink } from './ship.ts'

const quarantineDamaged = async (pool: Pool, bootId: string, records: readonly DamagedRecord[]): Promise<void> => {
  await pool.query({
    name: 'quarantine-damaged',
    text: `INSERT INTO usage_quarantine (id, proxy_boot_id, raw, error)
      SELECT record.id, $1, record.raw, record.error FROM unnest($2::uuid[], $3::text[], $4::text[]) AS record (id, raw, error)
      ON CONFLICT DO NOTHING`,
    // Postgres has no NUL in text, and a cut disk leaves runs of them.
    values: [
      bootId,
      records.map((each) => each.id),
      records.map((each) => each.raw.replaceAll('\0', '\uFFFD')),
      records.map((each) => each.error),
    ],
  })
}

const commitShipment = async (pool: Pool, boot: ShippedBoot, { shipment, knownPosition }: Commit) => {
  if (shipment.damaged.length > 0) await quarantineDamaged(pool, boot.bootId, shipment.damaged)
  const { ackedSeq, lastSeq, position } = shipment
  return ingestUsageRows(pool, {
    rows: shipment.rows,
    boot: { bootId: boot.bootId, proxyId: boot.proxyId, ackedSeq, lastSeq, position, knownPosition },
  })
}

/** Postgres as the place facts go to, and whoever wants to hear of them afterwards. */
export const createPostgresSink = (pool: Pool, acknowledge: (rows: readonly UsageRow[]) => Promise<void>): Sink => ({
  readProgress: async (bootIds) => {
    const { rows } = await pool.query<{ boot_id: string; acked: string; position: string }>(
      'SELECT boot_id, acked_seq::text AS acked, shipped_position::text AS position FROM proxy_boot WHERE boot_id = ANY ($1::uuid[])',
      [bootIds],
    )
    return new Map(
      rows.map((row) => [row.boot_id, { ackedSeq: Number(row.acked), position: Number(row.position) }] as const),
    )
  },
  commit: (boot, commit) => commitShipment(pool, boot, commit),
  concludeBoot: async (boot, { lastSeq, knownPosition }) => {
    // A power cut may have taken the last lines of a journal that a heartbeat had already counted. Nothing more will come of this boot:
    // what else is known of those attempts is in Redis, where the worker's sweep finds it.
    const { rowCount } = await pool.query(
      `UPDATE proxy_boot SET ended_at = coalesce(ended_at, now()), acked_seq = greatest(acked_seq, last_seq, $2), last_seq = greatest(last_seq, $2),
        shipped_position = $3 WHERE boot_id = $1 AND shipped_position >= $4`,
      [boot.bootId, lastSeq, CONCLUDED_POSITION, knownPosition],
    )
    if (rowCount === 0) throw new ProgressLostError(`Postgres has less of boot ${boot.bootId} than it confirmed.`)
  },
  acknowledge,
})
