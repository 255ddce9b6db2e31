import { existsSync, readdirSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeUsageEvent, type UsageEvent } from '@atpar/core/usage-event'
import type { Pool } from '@atpar/db/pool'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { parseLine } from '../../apps/proxy/src/journal/record-text.ts'

export interface ReplayResult {
  readonly files: number
  readonly events: number
  /** Those that were not in Postgres: 0 for a journal that was shipped. */
  readonly inserted: number
  readonly quarantined: number
  /** Lines that are no record, or hold none that can be read. They change nothing. */
  readonly unreadable: number
  /** Attempts that began here and did not end here: of a proxy that still runs, or that died. They are the shipper's and the sweeper's. */
  readonly open: number
}

const BATCH = 500

/** A segment, or a boot's folder with its segments in the order of their numbers. */
const listFiles = (path: string): readonly string[] => {
  if (!existsSync(path)) throw new Error(`There is no file ${path}.`)
  if (statSync(path).isFile()) return [path]
  const files = readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.log'))
    .map((entry) => join(path, entry.name))
    .toSorted()
  if (files.length === 0) throw new Error(`There is no journal segment in ${path}.`)
  return files
}

/**
 * Sends what a kept journal holds to Postgres once more. The permanent key of each event makes it safe at any time and any number of times, also
 * beside a shipper at work; no progress of the boot is recorded, so the shipper neither skips nor forgets anything because of it.
 */
export const replayJournal = async (pool: Pool, path: string): Promise<ReplayResult> => {
  const files = listFiles(path)
  const began = new Set<number>()
  const ended = new Set<number>()
  const totals = { events: 0, inserted: 0, quarantined: 0, unreadable: 0 }
  let batch: UsageEvent[] = []
  const send = async (): Promise<void> => {
    if (batch.length === 0) return
    const { inserted, quarantined } = await ingestUsageEvents(pool, { events: batch })
    totals.inserted += inserted
    totals.quarantined += quarantined
    batch = []
  }
  const take = (text: string): void => {
    const line = parseLine(text)
    if (line.kind === 'begin') began.add(line.seq)
    if (line.kind === 'refused') ended.add(line.seq)
    if (line.kind === 'damaged') totals.unreadable += 1
    if (line.kind !== 'settle') return
    ended.add(line.seq)
    try {
      batch.push(decodeUsageEvent(line.json))
      totals.events += 1
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      totals.unreadable += 1
    }
  }
  for (const file of files) {
    const handle = await open(file)
    try {
      for await (const text of handle.readLines()) {
        if (text === '') continue
        take(text)
        if (batch.length >= BATCH) await send()
      }
    } finally {
      await handle.close()
    }
  }
  await send()
  return { files: files.length, ...totals, open: [...began].filter((seq) => !ended.has(seq)).length }
}
