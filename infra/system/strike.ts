import { cpSync, readdirSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { RunningSystem } from './start-system.ts'

/** What is killed, and how it comes back: Redis whole, from an empty folder, from a file cut by its end, from a copy of half a second ago, or running but flushed. */
export const FAULTS = [
  'proxy',
  'shipper',
  'worker',
  'redis',
  'redis-emptied',
  'redis-cut',
  'redis-stale',
  'redis-flushed',
  'postgres',
] as const
export type Fault = (typeof FAULTS)[number]

const AOF = 'appendonlydir'
const DOWN_MS = 400
const STALE_MS = 500

/** Kills one part of the system with `kill -9`, or empties it, and brings it back. */
export const strike = async (system: RunningSystem, fault: Fault): Promise<void> => {
  switch (fault) {
    case 'proxy': {
      const proxy = system.proxies[0]
      await proxy?.kill9()
      await sleep(DOWN_MS)
      await proxy?.restart()
      return
    }
    case 'shipper':
      await system.shipper.kill9()
      await sleep(DOWN_MS)
      await system.shipper.restart()
      return
    case 'worker':
      await system.worker?.kill9()
      await sleep(DOWN_MS)
      await system.worker?.restart()
      return
    case 'redis':
    case 'redis-emptied':
    case 'redis-cut':
    case 'redis-stale': {
      const files = join(system.redis.dir, AOF)
      const stale = join(system.redis.dir, 'stale-copy')
      if (fault === 'redis-stale') {
        cpSync(files, stale, { recursive: true })
        await sleep(STALE_MS)
      }
      await system.redis.kill9()
      if (fault === 'redis-emptied') rmSync(files, { recursive: true, force: true })
      if (fault === 'redis-cut') cutAppendOnlyFile(system.redis.dir)
      if (fault === 'redis-stale') {
        rmSync(files, { recursive: true, force: true })
        renameSync(stale, files)
      }
      await sleep(DOWN_MS)
      await system.redis.restart()
      return
    }
    case 'redis-flushed': {
      const redis = new Redis(system.redis.url)
      await redis.flushall()
      redis.disconnect()
      return
    }
    case 'postgres':
      await system.database.kill9?.()
      await sleep(DOWN_MS)
      await system.database.restart?.()
  }
}

/** Takes the end off the append-only file, as a power cut takes its last second. A plain `kill -9` loses nothing and would test nothing. */
const cutAppendOnlyFile = (directory: string): void => {
  const folder = join(directory, AOF)
  const name = readdirSync(folder)
    .filter((each) => each.endsWith('.incr.aof'))
    .sort()
    .at(-1)
  if (name === undefined) throw new Error('Redis keeps no append-only file to cut')
  const path = join(folder, name)
  truncateSync(path, Math.floor(statSync(path).size * 0.7))
}
