import { ignoreConnectionError, type Redis } from './client.ts'

const CHANNEL = 'atpar:changes'

/**
 * Wakes every process that caches configuration. `seq` is the new `change_seq` when the writer knows it. A lost message costs at most one
 * poll interval: readers poll `change_seq` too, so this may fail without consequence.
 */
export const publishChange = async (redis: Redis, seq: number | null): Promise<void> => {
  await redis.publish(CHANNEL, seq === null ? '' : String(seq))
}

/**
 * Calls `onChange` for each published change, and once after every reconnect, since messages sent meanwhile are gone.
 * @returns a function that ends the subscription
 */
export const subscribeChanges = (redis: Redis, onChange: (seq: number | null) => void): (() => Promise<void>) => {
  // A subscribed connection can do nothing else, so it gets its own.
  const subscriber = redis.duplicate({ enableOfflineQueue: true, maxRetriesPerRequest: null, autoResubscribe: false })
  subscriber.on('error', ignoreConnectionError)
  subscriber.on('message', (_channel: string, message: string) => {
    const seq = Number(message)
    onChange(message === '' || !Number.isSafeInteger(seq) ? null : seq)
  })
  subscriber.on('ready', () => {
    subscriber.subscribe(CHANNEL).then(
      () => onChange(null),
      // The connection went away again; the next `ready` subscribes.
      ignoreConnectionError,
    )
  })
  return async () => {
    subscriber.disconnect()
  }
}
