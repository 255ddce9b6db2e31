import { createDb, type Db } from '@atpar/db/client'
import { createLogger, type Logger } from '@atpar/observability/logger'
import { publishChange } from '@atpar/redis/changes'
import { createRedis } from '@atpar/redis/client'
import { createThrottle, type Throttle } from './auth/throttle.ts'
import { readEnv } from './env.ts'

export interface Deps {
  readonly db: Db
  readonly throttle: Throttle
  readonly log: Logger
  /** Wakes the proxies after a key or a budget changed. Never fails: without Redis they notice by their own poll, two seconds later. */
  readonly announceChange: () => Promise<void>
  readonly nowMs: () => number
}

const createDeps = (): Deps => {
  const env = readEnv()
  const log = createLogger({ service: 'dashboard', level: env.logLevel })
  const redis = createRedis({ url: env.redisUrl, connectionName: 'dashboard', commandTimeoutMs: 500 })
  const nowMs = () => Date.now()
  return {
    db: createDb({ url: env.databaseUrl }),
    throttle: createThrottle(nowMs),
    log,
    announceChange: async () => {
      try {
        await publishChange(redis, null)
      } catch (error) {
        log.warn('change-not-announced', { reason: error instanceof Error ? error.message : String(error) })
      }
    },
    nowMs,
  }
}

const SLOT = Symbol.for('atpar.dashboard.deps')
const holder = globalThis as typeof globalThis & { [SLOT]?: Deps }

/** One set for the process. On globalThis because Next gives pages and route handlers separate copies of a module. */
export const readDeps = (): Deps => {
  holder[SLOT] ??= createDeps()
  return holder[SLOT]
}
