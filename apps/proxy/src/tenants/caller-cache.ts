import type { Caller } from '@atpar/core/caller'
import { AppError } from '@atpar/core/errors'
import type { Logger } from '@atpar/observability/logger'

export interface CallerCache {
  /** Null when no such key exists; a promise only where it has to be asked for. A connection mostly sends one key again and again: it is named once per connection. @throws AppError `quota_unavailable`-class 503 when that cannot be known right now. */
  find(keyText: string, connection?: object): Caller | null | Promise<Caller | null>
  /** Forgets what is cached of these organizations: keys, limits or members of theirs changed. */
  evict(orgIds: readonly string[]): void
  /** The change feed was read up to now, so what is cached is still true. */
  confirmFresh(): void
}

interface CacheDeps {
  /** A one-way name for a key in this process's memory: cheaper than its HMAC, which only a miss needs. */
  readonly fingerprint: (keyText: string) => string
  /** HMAC of a key under each pepper in use, newest first. */
  readonly hash: (keyText: string) => readonly Uint8Array[]
  readonly load: (hmac: Uint8Array) => Promise<Caller | null>
  readonly monotonicMs: () => number
  readonly log: Logger
}

interface Entry {
  readonly caller: Caller | null
  readonly loadedAtMs: number
}

/** The change feed is polled every 2 s; a feed silent for longer than this no longer vouches for the cache. */
const FEED_TRUST_MS = 5_000
/** When Postgres cannot be asked, a key known before stays good for this long. Unknown stays unknown: 503, never 401. */
const STALE_IF_ERROR_MS = 60 * 60_000
const NEGATIVE_MS = 5_000
/** How long a known key waits to be confirmed by a Postgres that does not answer. */
const CONFIRM_WITHIN_MS = 250
/** After such a wait the next calls do not wait at all: a hanging Postgres must not slow every request down. */
const TRUST_AFTER_SILENCE_MS = 2_000
const MAX_ENTRIES = 50_000

/** Keys by fingerprint: a hit costs no query, a miss costs one however many ask at once. */
export const createCallerCache = (deps: CacheDeps): CallerCache => {
  const entries = new Map<string, Entry>()
  const loading = new Map<string, Promise<Caller | null>>()
  let feedReadAtMs = Number.NEGATIVE_INFINITY
  let silentAtMs = Number.NEGATIVE_INFINITY

  const lastOn = new WeakMap<object, { readonly keyText: string; readonly cacheKey: string }>()
  const nameKey = (keyText: string, connection: object | undefined): string => {
    const last = connection === undefined ? undefined : lastOn.get(connection)
    if (last?.keyText === keyText) return last.cacheKey
    const cacheKey = deps.fingerprint(keyText)
    if (connection !== undefined) lastOn.set(connection, { keyText, cacheKey })
    return cacheKey
  }

  const isFresh = (entry: Entry): boolean => {
    const nowMs = deps.monotonicMs()
    if (entry.caller === null) return nowMs - entry.loadedAtMs < NEGATIVE_MS
    return nowMs - Math.max(feedReadAtMs, entry.loadedAtMs) < FEED_TRUST_MS
  }

  const load = (cacheKey: string, keyText: string): Promise<Caller | null> => {
    const running = loading.get(cacheKey)
    if (running !== undefined) return running
    const promise = loadFirst(deps, keyText)
      .then((caller) => {
        // A load that raced with an eviction must not bring the old answer back: evict() removes the running load.
        if (loading.get(cacheKey) === promise) {
          if (entries.size >= MAX_ENTRIES)
            for (const oldest of [...entries.keys()].slice(0, MAX_ENTRIES / 10)) entries.delete(oldest)
          entries.set(cacheKey, { caller, loadedAtMs: deps.monotonicMs() })
        }
        return caller
      })
      .finally(() => {
        if (loading.get(cacheKey) === promise) loading.delete(cacheKey)
      })
    loading.set(cacheKey, promise)
    return promise
  }

  const loadOrRefuse = async (cacheKey: string, keyText: string): Promise<Caller | null> => {
    try {
      return await load(cacheKey, keyText)
    } catch (cause) {
      deps.log.warn('key-lookup-failed', { error: cause instanceof Error ? cause.message : String(cause) })
      throw new AppError('quota_unavailable', {
        message: 'Keys cannot be checked right now, so the request was not sent. Try again in a moment.',
        metadata: { retryAfterSeconds: 2 },
        cause,
      })
    }
  }

  /** What Postgres says of a key known before, or what was known when it says nothing in time. */
  const confirm = async (cacheKey: string, keyText: string, known: Caller): Promise<Caller | null> => {
    let timer: NodeJS.Timeout | undefined
    const silence = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('Postgres did not answer in time')), CONFIRM_WITHIN_MS)
    })
    try {
      return await Promise.race([load(cacheKey, keyText), silence])
    } catch (error) {
      silentAtMs = deps.monotonicMs()
      deps.log.warn('key-unconfirmed', { error: error instanceof Error ? error.message : String(error) })
      return known
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    find: (keyText, connection) => {
      const cacheKey = nameKey(keyText, connection)
      const known = entries.get(cacheKey)
      if (known !== undefined && isFresh(known)) return known.caller
      if (known === undefined || known.caller === null || deps.monotonicMs() - known.loadedAtMs >= STALE_IF_ERROR_MS)
        return loadOrRefuse(cacheKey, keyText)
      if (deps.monotonicMs() - silentAtMs < TRUST_AFTER_SILENCE_MS) return known.caller
      return confirm(cacheKey, keyText, known.caller)
    },
    evict: (orgIds) => {
      const changed = new Set(orgIds)
      for (const [cacheKey, entry] of entries)
        if (entry.caller === null || changed.has(entry.caller.orgId)) entries.delete(cacheKey)
      loading.clear()
    },
    confirmFresh: () => {
      feedReadAtMs = deps.monotonicMs()
    },
  }
}

const loadFirst = async (deps: CacheDeps, keyText: string): Promise<Caller | null> => {
  for (const hmac of deps.hash(keyText)) {
    const caller = await deps.load(hmac)
    if (caller !== null) return caller
  }
  return null
}
