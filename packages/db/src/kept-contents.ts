import type { Pool } from './pool.ts'

/** What one request and its answer said, sealed by the proxy. */
export interface SealedContent {
  readonly orgId: string
  readonly requestId: string
  /** Whose policy counts: the request's team, or the organization where it has none. */
  readonly holderId: string
  readonly sealed: Uint8Array
  readonly sealingKeyId: string
}

/**
 * Keeps what the policies of this moment allow, each for as long as its policy says now; the rest is let go without a word. Safe to repeat.
 * @returns how many were written
 */
export const keepContents = async (pool: Pool, contents: readonly SealedContent[]): Promise<number> => {
  const { rows } = await pool.query<{ kept: number }>({
    name: 'keep-contents',
    text: 'SELECT keep_contents($1, $2, $3, $4, $5) AS kept',
    values: [
      contents.map(({ orgId }) => orgId),
      contents.map(({ requestId }) => requestId),
      contents.map(({ holderId }) => holderId),
      contents.map(({ sealed }) => Buffer.from(sealed)),
      contents.map(({ sealingKeyId }) => sealingKeyId),
    ],
  })
  return rows[0]?.kept ?? 0
}

/** What may still be read of these requests of one organization; others' ids answer as unknown ones, with nothing. */
export const findContents = async (
  pool: Pool,
  orgId: string,
  requestIds: readonly string[],
): Promise<readonly Omit<SealedContent, 'orgId' | 'holderId'>[]> => {
  const { rows } = await pool.query<{ request_id: string; sealed: Buffer; sealing_key_id: string }>(
    'SELECT request_id, sealed, sealing_key_id FROM find_contents($1, $2)',
    [orgId, requestIds],
  )
  return rows.map((row) => ({ requestId: row.request_id, sealed: row.sealed, sealingKeyId: row.sealing_key_id }))
}

/** How many requests' contents none of these keys opens, and when the last of them is gone by itself; null when there are none. */
export const findContentsUnderOthers = async (
  pool: Pool,
  heldKeyIds: readonly string[],
): Promise<{ readonly contents: number; readonly goneAt: Date } | null> => {
  const { rows } = await pool.query<{ contents: number; gone_at: Date | null }>(
    'SELECT contents, gone_at FROM find_contents_under_others($1)',
    [heldKeyIds],
  )
  const [found] = rows
  return found === undefined || found.gone_at === null ? null : { contents: found.contents, goneAt: found.gone_at }
}

const BATCH = 5_000

/** Each holder of content once, found by jumping along the index: as many steps as there are teams, however much they keep. */
const HOLDERS = `
  WITH RECURSIVE holder AS (
    (SELECT org_id, holder_id FROM kept_content ORDER BY org_id, holder_id LIMIT 1)
    UNION ALL
    SELECT following.org_id, following.holder_id FROM holder, LATERAL (
      SELECT k.org_id, k.holder_id FROM kept_content k WHERE (k.org_id, k.holder_id) > (holder.org_id, holder.holder_id)
      ORDER BY k.org_id, k.holder_id LIMIT 1) AS following
  )
  SELECT org_id, holder_id, content_days(org_id, holder_id) AS days FROM holder`

const DELETE_OLD = `DELETE FROM kept_content WHERE org_id = $1 AND request_id IN (
  SELECT request_id FROM kept_content WHERE org_id = $1 AND holder_id = $2 AND created_at <= now() - make_interval(days => $3)
  ORDER BY created_at LIMIT ${BATCH})`

const DELETE_DUE = `DELETE FROM kept_content WHERE (org_id, request_id) IN (
  SELECT org_id, request_id FROM kept_content WHERE expires_at <= now() ORDER BY expires_at LIMIT ${BATCH})`

const inBatches = async (pool: Pool, sql: string, values: readonly unknown[] = []): Promise<number> => {
  let all = 0
  for (;;) {
    const { rowCount } = await pool.query(sql, [...values])
    all += rowCount ?? 0
    if ((rowCount ?? 0) < BATCH) return all
  }
}

/** Deletes, for every organization, what is past its time or kept longer than its policy now says. May run twice at once. @returns how many rows */
export const deleteDueContents = async (pool: Pool): Promise<number> => {
  let deleted = await inBatches(pool, DELETE_DUE)
  const { rows } = await pool.query<{ org_id: string; holder_id: string; days: number }>(HOLDERS)
  for (const { org_id: orgId, holder_id: holderId, days } of rows)
    deleted += await inBatches(pool, DELETE_OLD, [orgId, holderId, days])
  return deleted
}
