import { ignoreConnectionError, type Redis } from './client.ts'
import type { QuotaLog } from './quota-contract.ts'

/** What proxies tell one another through Redis: that counters are being made again, and that room lying ready in leases is wanted. */
export const REBUILD_CHANNEL = 'atpar:rebuild'
/** quota.lua publishes `<organization> <counter>` here. */
const RECALL_CHANNEL = 'atpar:recall'

export interface QuotaChannel {
  onRebuild(listener: (message: string) => void): void
  onRecall(listener: (orgId: string, counterKey: string) => void): void
  /** Proxies that listen, at least 1; the last known number while Redis cannot say. */
  liveProxies(): number
  close(): void
}

interface ChannelDeps {
  readonly redis: Redis
  readonly log: QuotaLog
}

const COUNT_EVERY_MS = 5_000

export const openQuotaChannel = ({ redis, log }: ChannelDeps): QuotaChannel => {
  const subscriber = redis.duplicate({
    connectionName: 'atpar-quota-rebuild',
    enableOfflineQueue: true,
    maxRetriesPerRequest: null,
    autoResubscribe: true,
  })
  const rebuildListeners: ((message: string) => void)[] = []
  const recallListeners: ((orgId: string, counterKey: string) => void)[] = []
  let live = 1
  let isClosed = false

  const countProxies = (): void => {
    if (redis.status !== 'ready') return
    redis.call('PUBSUB', 'NUMSUB', REBUILD_CHANNEL).then(
      (reply) => {
        live = Math.max(1, Number((reply as readonly (string | number)[])[1] ?? 1))
      },
      (error: unknown) => {
        // The number of a moment ago stands.
        if (!isClosed) log('quota-proxies-uncounted', { error })
      },
    )
  }

  subscriber.on('error', ignoreConnectionError)
  subscriber.on('message', (channel: string, message: string) => {
    if (channel === REBUILD_CHANNEL) for (const listener of rebuildListeners) listener(message)
    if (channel !== RECALL_CHANNEL) return
    const space = message.indexOf(' ')
    for (const listener of recallListeners) listener(message.slice(0, space), message.slice(space + 1))
  })
  subscriber.subscribe(REBUILD_CHANNEL, RECALL_CHANNEL).then(countProxies, (error: unknown) => {
    if (!isClosed) log('quota-channel-not-subscribed', { error })
  })
  const timer = setInterval(countProxies, COUNT_EVERY_MS)
  timer.unref()

  return {
    onRebuild: (listener) => {
      rebuildListeners.push(listener)
    },
    onRecall: (listener) => {
      recallListeners.push(listener)
    },
    liveProxies: () => live,
    close: () => {
      isClosed = true
      clearInterval(timer)
      subscriber.disconnect()
    },
  }
}
