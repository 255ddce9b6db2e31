import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRandomPort } from '@atpar/tooling/ports'
import { endGroup, isGroupRunning } from '@atpar/tooling/process-groups'
import { findProgram, startRedis } from '@atpar/tooling/redis'
import { startWatchdog } from '@atpar/tooling/watchdog'
import { testEnvironment } from './env.ts'

export interface TestRedis {
  readonly url: string
  readonly port: number
  /** Where its append-only file lives: a test may cut or empty it between `kill9` and `restart`. */
  readonly dir: string
  /** Ends it as a power cut would: no farewell, nothing flushed. */
  readonly kill9: () => Promise<void>
  /** Starts it again on the same port and folder. */
  readonly restart: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** A private Redis on a random port, with its own folder, taken down with this process whatever becomes of it. */
export async function startTestRedis({ appendonly = false }: { appendonly?: boolean } = {}): Promise<TestRedis> {
  const binary = findProgram(['redis-server', 'valkey-server'], testEnvironment.searchPath)
  if (binary === undefined)
    throw new Error('No redis-server on PATH. Run the tests by `npm test`, which brings one, or install Redis.')
  const dir = mkdtempSync(join(tmpdir(), 'atpar-redis-'))
  const port = await findRandomPort()
  const watchdog = startWatchdog()
  const launch = async (): Promise<number> => {
    const child = await startRedis({
      binary,
      directory: dir,
      port,
      logFile: join(dir, 'redis.log'),
      appendOnly: appendonly,
    })
    child.unref()
    watchdog.watch(child.pid, { graceMs: 2_000 })
    return child.pid
  }
  let pid = await launch()
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    await endGroup(pid, { signal })
    watchdog.release(pid)
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    kill9: () => end('SIGKILL'),
    restart: async () => {
      if (isGroupRunning(pid)) await end('SIGTERM')
      pid = await launch()
    },
    stop: async () => {
      await end('SIGTERM')
      watchdog.dismiss()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
