import { decodeUsageEvent } from '@atpar/core/usage-event'
import type { Pool } from '@atpar/db/pool'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'

export const QUARANTINE_USAGE = `  quarantine                                                   usage records that could not be stored
  quarantine replay <id>                                       try one again, after its cause is mended
  quarantine resolve <id>                                      leave one for good: its request stays unbilled`

export interface QuarantineCommand {
  /** As the worker's role. */
  readonly pool: Pool
  /** What follows `quarantine`. */
  readonly parameters: readonly string[]
  readonly print: (line: string) => void
}

const list = async ({ pool, print }: QuarantineCommand): Promise<boolean> => {
  const { rows } = await pool.query<{ id: string; created: string; error: string; raw: string }>(
    `SELECT id, created_at::text AS created, error, left(raw, 160) AS raw FROM usage_quarantine WHERE resolved_at IS NULL ORDER BY created_at LIMIT 100`,
  )
  for (const row of rows) print(`${row.id}  ${row.created}  ${row.error}\n  ${row.raw}`)
  if (rows.length === 0) print('Nothing is in quarantine.')
  return true
}

const readRaw = async ({ pool }: QuarantineCommand, id: string): Promise<string> => {
  const { rows } = await pool.query<{ raw: string }>(
    'SELECT raw FROM usage_quarantine WHERE id::text = $1 AND resolved_at IS NULL',
    [id],
  )
  if (rows[0] === undefined) throw new Error(`No unresolved record has the id ${id}.`)
  return rows[0].raw
}

const markResolved = ({ pool }: QuarantineCommand, id: string): Promise<unknown> =>
  pool.query('UPDATE usage_quarantine SET resolved_at = now() WHERE id::text = $1', [id])

/** Stored exactly once: where the record came in by another way meanwhile, nothing is added and it counts as resolved. */
const replay = async (command: QuarantineCommand, id: string): Promise<boolean> => {
  const event = decodeUsageEvent(await readRaw(command, id))
  const { inserted, quarantined } = await ingestUsageEvents(command.pool, { events: [event] })
  await markResolved(command, id)
  command.print(
    quarantined > 0
      ? 'It was refused again, and waits in quarantine under a new id.'
      : `${inserted === 1 ? 'Stored' : 'It was stored already'}: request ${event.requestId}, attempt ${event.attempt}.`,
  )
  return quarantined === 0
}

/** @returns false when the record could not be stored. */
export const runQuarantineCommand = async (command: QuarantineCommand): Promise<boolean> => {
  const [act = 'list', id = ''] = command.parameters
  switch (act) {
    case 'list':
      return list(command)
    case 'replay':
      return replay(command, id)
    case 'resolve':
      await readRaw(command, id)
      await markResolved(command, id)
      command.print('Resolved: it stays as it is, and no longer holds up a close.')
      return true
    default:
      throw new Error(`"${act}" is no such thing to do with the quarantine.\n${QUARANTINE_USAGE}`)
  }
}
