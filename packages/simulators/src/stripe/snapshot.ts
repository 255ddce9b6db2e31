import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

import { createTables, type Tables, type World } from './world.ts'

const VERSION = 1
const LEAST_PAUSE_MS = 250
/** A large state is written less often, so that writing it is never more than a twentieth of the work. */
const PAUSE_PER_WRITE = 20

/** Reads what an earlier run wrote down. A file of another version is left alone and starts nothing. */
export function restoreSnapshot(world: World, filePath: string): void {
  if (!existsSync(filePath)) return
  const held = JSON.parse(readFileSync(filePath, 'utf8')) as {
    version: number
    clockAheadMs: number
    tables: Record<string, [string, unknown][]>
  }
  if (held.version !== VERSION) return
  world.clockAheadMs = held.clockAheadMs
  for (const [name, table] of Object.entries(world.tables)) {
    const place = table as Map<string, unknown>
    for (const [key, value] of held.tables[name] ?? []) place.set(key, value)
  }
}

export interface SnapshotKeeper {
  /** Something has changed; it is written soon. */
  changed: () => void
  /** Writes now. */
  flush: () => void
}

/** Keeps the file close behind the world: a quarter of a second while that is small. It is replaced whole or not at all. */
export function keepSnapshot(world: World, filePath: string): SnapshotKeeper {
  let timer: NodeJS.Timeout | undefined
  let pauseMs = LEAST_PAUSE_MS

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    const startedMs = performance.now()
    const tables = Object.fromEntries(Object.entries(world.tables).map(([name, table]) => [name, [...table]]))
    const fresh = `${filePath}.${process.pid}`
    writeFileSync(fresh, JSON.stringify({ version: VERSION, clockAheadMs: world.clockAheadMs, tables }), {
      mode: 0o600,
    })
    renameSync(fresh, filePath)
    pauseMs = Math.max(LEAST_PAUSE_MS, (performance.now() - startedMs) * PAUSE_PER_WRITE)
  }

  return {
    changed: () => {
      timer ??= setTimeout(flush, pauseMs)
      timer.unref()
    },
    flush,
  }
}

/** Empties the world in place; endpoints stay, so that webhooks still arrive. */
export function emptyWorld(world: World): void {
  const kept = world.tables.webhookEndpoints
  Object.assign(world.tables, createTables() satisfies Tables, { webhookEndpoints: kept })
  world.clockAheadMs = 0
}
