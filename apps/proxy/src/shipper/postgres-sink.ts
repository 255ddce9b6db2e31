import type { Pool } from '@atpar/db/pool'
import type { UsageEvent } from '@atpar/core/usage-event'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import type { DamagedRecord, Shipment } from './boot-tail.ts'
import type { Sink } from './ship.ts'

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

const commitShipment = async (pool: Pool, boot: { bootId: string; proxyId: string }, shipment: Shipment) => {
  if (shipment.damaged.length > 0) await quarantineDamaged(pool, boot.bootId, shipment.damaged)
  const result = await ingestUsageEvents(pool, {
    events: shipment.events,
    boot: { bootId: boot.bootId, proxyId: boot.proxyId, ackedSeq: shipment.ackedSeq, lastSeq: shipment.lastSeq },
  })
  // Afterwards, so that it never promises what is not there yet.
  await pool.query({
    name: 'record-shipped-position',
    text: 'UPDATE proxy_boot SET shipped_position = greatest(shipped_position, $2) WHERE boot_id = $1',
    values: [boot.bootId, shipment.position],
  })
  return result
}

/** Postgres as the place facts go to, and whoever wants to hear of them afterwards. */
export const createPostgresSink = (
  pool: Pool,
  acknowledge: (events: readonly UsageEvent[]) => Promise<void>,
): Sink => ({
  readAckedSeq: async (bootId) => {
    const { rows } = await pool.query<{ acked_seq: string }>('SELECT acked_seq FROM proxy_boot WHERE boot_id = $1', [
      bootId,
    ])
    return Number(rows[0]?.acked_seq ?? 0)
  },
  commit: (boot, shipment) => commitShipment(pool, boot, shipment),
  concludeBoot: async (boot, lastSeq) => {
    // A power cut may have taken the last lines of a journal that a heartbeat had already counted. Nothing more will come of this boot:
    // what else is known of those attempts is in Redis, where the worker's sweep finds it.
    await pool.query(
      `UPDATE proxy_boot SET ended_at = coalesce(ended_at, now()), acked_seq = greatest(acked_seq, last_seq, $2), last_seq = greatest(last_seq, $2),
        shipped_position = $3 WHERE boot_id = $1`,
      [boot.bootId, lastSeq, Number.MAX_SAFE_INTEGER],
    )
  },
  acknowledge,
})
