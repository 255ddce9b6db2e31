import { randomUUID } from 'node:crypto'
import { decodeUsageEvent, encodeUsageRecord, type UsageEvent } from '@atpar/core/usage-event'
import { rowOf, wordOf, type UsageRow } from '@atpar/core/usage-row'
import type { PoolClient } from 'pg'
import { INSERT_USAGE_EVENTS, textOfRows } from './usage-ingest-sql.ts'
import type { Pool } from './pool.ts'

/**
 * Ingest holds this advisory lock shared, closing a period holds it exclusively: an event is either seen by the close or finds the period
 * closed and bills in the next open one. Never in between.
 */
export const PERIOD_CLOSE_LOCK = 4_705_312

/** How far one boot's journal has come; written with the events it speaks of. */
export interface BootProgress {
  readonly bootId: string
  readonly proxyId: string
  /** Highest number up to which every begin has its terminal event in Postgres once this batch is in. */
  readonly ackedSeq: number
  /** Last number the journal gave out. */
  readonly lastSeq: number
  /** How far the journal has been read, in bytes of its segments; grows with whatever is shipped. */
  readonly position?: number
  /** The position that Postgres confirmed last. Has it an earlier one now, it has lost its tail since. */
  readonly knownPosition?: number
}

/** Postgres has less of a boot than it confirmed: a standby without the last transactions took over. Nothing was written. */
export class ProgressLostError extends Error {
  override readonly name = 'ProgressLostError'
}

export interface IngestInput {
  readonly events: readonly UsageEvent[]
  readonly boot?: BootProgress
}

/** Likewise, of events that are carried as they were written. */
export interface IngestRowsInput {
  readonly rows: readonly UsageRow[]
  readonly boot?: BootProgress
}

export interface IngestResult {
  /** Events that were new. One that was there already counts neither here nor as an error. */
  readonly inserted: number
  /** Events the database refuses for what they hold; kept as text in usage_quarantine. */
  readonly quarantined: number
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/**
 * A row is bad: Postgres says so by SQLSTATE 22xxx (data) or 23xxx (constraint). Everything else says that the database is, and the caller tries again.
 */
const isPoison = (error: unknown): boolean => /^(?:22|23)/.test(codeOf(error))

/** 40001 serialization, 40P01 deadlock: the same batch works when tried again. */
const isTransient = (error: unknown): boolean => codeOf(error) === '40001' || codeOf(error) === '40P01'
const TRANSIENT_ATTEMPTS = 5

/** Beyond this a batch costs memory and lock time and saves nothing. */
const MAX_BATCH = 2000

const inTransaction = async <T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> => {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query(`BEGIN; SELECT pg_advisory_xact_lock_shared(${PERIOD_CLOSE_LOCK})`)
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: unknown) => {
      // A connection that cannot roll back is lost, and Postgres rolls back for it. It must not go back to the pool.
      broken = failure instanceof Error ? failure : new Error(String(failure))
    })
    throw error
  } finally {
    client.release(broken)
  }
}

const insertRows = async (client: PoolClient, rows: readonly UsageRow[]): Promise<number> => {
  if (rows.length === 0) return 0
  const result = await client.query<{ inserted: number }>({
    name: 'ingest-usage-events',
    text: INSERT_USAGE_EVENTS,
    values: [textOfRows(rows)],
  })
  return result.rows[0]?.inserted ?? 0
}

/**
 * Numbers only grow: a slow shipper that was overtaken changes nothing. And they grow only on top of what was confirmed, or what a failover took
 * away would be jumped over unseen.
 */
const RECORD_PROGRESS = `
  INSERT INTO proxy_boot (boot_id, proxy_id, acked_seq, last_seq, shipped_position)
  SELECT $1, $2, $3, $4, $5 WHERE $6::bigint = 0 OR EXISTS (SELECT 1 FROM proxy_boot WHERE boot_id = $1)
  ON CONFLICT (boot_id) DO UPDATE SET acked_seq = greatest(proxy_boot.acked_seq, EXCLUDED.acked_seq), last_seq = greatest(proxy_boot.last_seq, EXCLUDED.last_seq),
    shipped_position = greatest(proxy_boot.shipped_position, EXCLUDED.shipped_position)
  WHERE proxy_boot.shipped_position >= $6::bigint`

const recordProgress = async (client: PoolClient, boot: BootProgress | undefined): Promise<void> => {
  if (boot === undefined) return
  const { rowCount } = await client.query({
    name: 'record-boot-progress',
    text: RECORD_PROGRESS,
    values: [boot.bootId, boot.proxyId, boot.ackedSeq, boot.lastSeq, boot.position ?? 0, boot.knownPosition ?? 0],
  })
  if (rowCount === 0) throw new ProgressLostError(`Postgres has less of boot ${boot.bootId} than it confirmed.`)
}

const ingestBatch = async (pool: Pool, input: IngestRowsInput): Promise<number> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inTransaction(pool, async (client) => {
        const inserted = await insertRows(client, input.rows)
        await recordProgress(client, input.boot)
        return inserted
      })
    } catch (error) {
      if (!isTransient(error) || attempt === TRANSIENT_ATTEMPTS) throw error
    }
  }
}

const readOrNull = <T>(read: () => T): T | null => {
  try {
    return read()
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

const quarantine = async (pool: Pool, row: UsageRow, cause: unknown): Promise<void> => {
  const event = readOrNull(() => decodeUsageEvent(row))
  const bootId = readOrNull(() => wordOf(row, 'proxyBootId'))
  await pool.query('INSERT INTO usage_quarantine (id, proxy_boot_id, raw, error) VALUES ($1, $2, $3, $4)', [
    randomUUID(),
    // The boot's id may be what is wrong with the event.
    bootId !== null && /^[0-9a-f-]{36}$/.test(bootId) ? bootId : null,
    // With its names, for who has to mend it.
    event === null ? row : encodeUsageRecord(event),
    cause instanceof Error ? cause.message : String(cause),
  ])
}

/** Halves a batch that holds a bad row until that row stands alone: it costs the others log₂ n extra transactions, and nothing is lost. */
const ingestAroundPoison = async (pool: Pool, rows: readonly UsageRow[]): Promise<IngestResult> => {
  try {
    return { inserted: await ingestBatch(pool, { rows }), quarantined: 0 }
  } catch (error) {
    if (!isPoison(error)) throw error
    const [only] = rows
    if (rows.length === 1 && only !== undefined) {
      await quarantine(pool, only, error)
      return { inserted: 0, quarantined: 1 }
    }
    const middle = Math.ceil(rows.length / 2)
    const first = await ingestAroundPoison(pool, rows.slice(0, middle))
    const second = await ingestAroundPoison(pool, rows.slice(middle))
    return { inserted: first.inserted + second.inserted, quarantined: first.quarantined + second.quarantined }
  }
}

/**
 * Writes events and their roll-ups exactly once, however often and by however many it is called with the same ones: roll-ups grow by the rows
 * that were really inserted, in the same transaction. The boot's progress moves only when all of the events are in (or in quarantine).
 * Pass at most some 1,000 events at a time.
 * @throws ProgressLostError when the boot's progress is behind `knownPosition`: ship it from there again
 * @throws whatever the database throws when it is not a row's fault; nothing but whole batches was written then, so call again.
 */
export const ingestUsageRows = async (pool: Pool, input: IngestRowsInput): Promise<IngestResult> => {
  if (input.rows.length > MAX_BATCH)
    throw new RangeError(`${input.rows.length} events in one batch: pass at most ${MAX_BATCH}`)
  try {
    return { inserted: await ingestBatch(pool, input), quarantined: 0 }
  } catch (error) {
    if (!isPoison(error)) throw error
    const result = await ingestAroundPoison(pool, input.rows)
    if (input.boot !== undefined) await ingestBatch(pool, { rows: [], boot: input.boot })
    return result
  }
}

/** The same for events that were made here. @throws as `ingestUsageRows` does. */
export const ingestUsageEvents = (pool: Pool, { events, ...rest }: IngestInput): Promise<IngestResult> =>
  ingestUsageRows(pool, { ...rest, rows: events.map(rowOf) })
