import type { RedisOptions } from 'bullmq'

/** A worker blocks on its connection for seconds at a time, so it has no command timeout and retries for ever. */
export const workerConnection = (url: string): RedisOptions => ({
  url,
  connectionName: 'atpar-jobs',
  maxRetriesPerRequest: null,
  retryStrategy,
})

/** Without `enableOfflineQueue: false` an `add` hangs for as long as Redis is down (tried): a producer would rather be told. */
export const producerConnection = (url: string): RedisOptions => ({
  url,
  connectionName: 'atpar-jobs-producer',
  maxRetriesPerRequest: 1,
  enableOfflineQueue: false,
  retryStrategy,
})

const MAX_RECONNECT_MS = 2_000
const retryStrategy = (times: number): number => Math.min(times * 100, MAX_RECONNECT_MS)
