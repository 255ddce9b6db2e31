import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import type { RunningSystem } from './start-system.ts'

/** Waits until every begun attempt of every boot is terminal in Postgres. @throws when nothing has moved for `timeoutMs`, saying what is missing. */
export const waitUntilSettled = async (
  system: Pick<RunningSystem, 'owner' | 'shipperUrl'>,
  timeoutMs = 30_000,
): Promise<void> => {
  let deadlineMs = performance.now() + timeoutMs
  let before = ''
  for (;;) {
    const state = await readState(system.owner)
    const shipper = await readShipper(system.shipperUrl)
    const now = `${state.events} ${JSON.stringify(state.boots)}`
    // Twice the same, so that a heartbeat which raises last_seq has had its say.
    if (
      state.open === 0 &&
      shipper !== null &&
      shipper.unreadBytes === 0 &&
      shipper.openAttempts === 0 &&
      now === before
    )
      return
    // On a machine with other work it may take long, and is no fault as long as it gets further.
    if (now !== before) deadlineMs = performance.now() + timeoutMs
    else if (performance.now() > deadlineMs)
      throw new Error(`not settled after ${timeoutMs} ms: ${now}, shipper ${JSON.stringify(shipper)}`)
    before = now
    await sleep(300)
  }
}

const readState = async (
  owner: Pool,
): Promise<{ readonly events: number; readonly open: number; readonly boots: readonly object[] }> => {
  const { rows } = await owner.query<{ boot_id: string; acked_seq: string; last_seq: string }>(
    'SELECT boot_id, acked_seq::text, last_seq::text FROM proxy_boot ORDER BY boot_id',
  )
  const events = await owner.query<{ count: string }>('SELECT count(*)::text AS count FROM usage_event')
  return {
    events: Number(events.rows[0]?.count ?? '0'),
    open: rows.reduce((sum, row) => sum + Math.max(0, Number(row.last_seq) - Number(row.acked_seq)), 0),
    boots: rows,
  }
}

interface ShipperHealth {
  readonly unreadBytes: number
  readonly openAttempts: number
}

const readShipper = async (url: string): Promise<ShipperHealth | null> => {
  try {
    const answer = (await (await fetch(`${url}/healthz`)).json()) as {
      readonly lag?: Partial<ShipperHealth>
    } & Partial<ShipperHealth>
    const lag = answer.lag ?? answer
    return { unreadBytes: lag.unreadBytes ?? -1, openAttempts: lag.openAttempts ?? -1 }
  } catch {
    return null
  }
}
