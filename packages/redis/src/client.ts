import { Redis } from 'ioredis'

export type { Redis } from 'ioredis'

export interface RedisOptions {
  readonly url: string
  /** Shown by `CLIENT LIST`. */
  readonly connectionName: string
  /** Each command fails after this long; omit where a command may block (BullMQ has its own connection for that reason). */
  readonly commandTimeoutMs?: number
}

/**
 * A connection for occasional commands. It reconnects for ever and fails fast while it is down: nothing is queued offline, because a
 * caller that waits for a dead Redis is worse off than one that is told.
 */
export const createRedis = (options: RedisOptions): Redis => {
  const redis = new Redis(options.url, {
    connectionName: options.connectionName,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: 2_000,
    retryStrategy: reconnectDelayMs,
    ...(options.commandTimeoutMs === undefined ? {} : { commandTimeout: options.commandTimeoutMs }),
  })
  // Each command reports its own failure; without a listener a refused connection would end the process.
  redis.on('error', ignoreConnectionError)
  return redis
}

/** Quick at first, since every refused request of the meantime is our fault; jittered, so that a fleet does not return in step. */
export const reconnectDelayMs = (attempt: number): number =>
  Math.min(25 * 2 ** Math.min(attempt, 6), 1_000) * (0.75 + Math.random() / 2)

export const ignoreConnectionError = (): void => undefined

/** Resolves once commands can be sent, or to false after `timeoutMs`. */
export const waitUntilReady = (redis: Redis, timeoutMs: number): Promise<boolean> => {
  if (redis.status === 'ready') return Promise.resolve(true)
  return new Promise((resolve) => {
    const finish = (isReady: boolean): void => {
      clearTimeout(timer)
      redis.off('ready', onReady)
      resolve(isReady)
    }
    const onReady = (): void => finish(true)
    const timer = setTimeout(() => finish(false), timeoutMs)
    redis.once('ready', onReady)
  })
}
