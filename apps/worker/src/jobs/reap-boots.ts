import type { Deps } from '../deps.ts'

const SILENT_SECONDS = 60

/**
 * Ends boots that stopped without saying so. One whose every begin is accounted for is simply over. One that still owes something is left to
 * the shipper beside its journal, for as long as that may take to come back; then its disk is taken for lost, which is the one documented way
 * to lose what was open (and it is said loudly). What Redis remembers of such requests was swept long before.
 */
export const reapBoots = async ({ pool, log, abandonBootMs }: Deps): Promise<void> => {
  // A proxy that was only cut off from Postgres comes back.
  await pool.query('UPDATE proxy_boot SET ended_at = NULL WHERE ended_at < last_seen_at AND shipped_position <> $1', [
    Number.MAX_SAFE_INTEGER,
  ])
  const ended = await pool.query<{ boot_id: string; proxy_id: string }>(
    `UPDATE proxy_boot SET ended_at = now() WHERE ended_at IS NULL AND acked_seq = last_seq AND last_seen_at < now() - make_interval(secs => $1) RETURNING boot_id, proxy_id`,
    [SILENT_SECONDS],
  )
  for (const boot of ended.rows) log.info('boot-reaped', { bootId: boot.boot_id, proxyId: boot.proxy_id })
  const abandoned = await pool.query<{ boot_id: string; proxy_id: string; acked_seq: string; last_seq: string }>(
    `WITH lost AS (
      SELECT boot_id, acked_seq, last_seq FROM proxy_boot WHERE acked_seq < last_seq AND last_seen_at < now() - $1 * interval '1 millisecond' FOR UPDATE
    )
    UPDATE proxy_boot b SET ended_at = coalesce(b.ended_at, now()), acked_seq = b.last_seq, shipped_position = $2 FROM lost WHERE b.boot_id = lost.boot_id
    RETURNING b.boot_id, b.proxy_id, lost.acked_seq::text, lost.last_seq::text`,
    [abandonBootMs, Number.MAX_SAFE_INTEGER],
  )
  for (const boot of abandoned.rows) {
    log.error('journal-lost', {
      bootId: boot.boot_id,
      proxyId: boot.proxy_id,
      ackedSeq: boot.acked_seq,
      lastSeq: boot.last_seq,
    })
  }
}
