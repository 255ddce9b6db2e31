import type { Snapshot } from '@atpar/core/snapshot'
import type { Logger } from '@atpar/observability/logger'
import type { CallerCache } from '../tenants/caller-cache.ts'
import type { CredentialCache } from '../tenants/credential-cache.ts'

export interface ConfigFeed {
  /** The catalogue as last read. Immutable: a call that keeps it keeps its price book. */
  current(): Snapshot
  /** Look at the feed now; what pub/sub calls. */
  poke(): void
  stop(): Promise<void>
}

interface FeedDeps {
  readonly initial: Snapshot
  readonly initialSeq: number
  readonly readChanges: (
    sinceSeq: number,
  ) => Promise<{ readonly seq: number; readonly orgIds: readonly string[]; readonly catalogue: boolean }>
  readonly loadSnapshot: () => Promise<Snapshot>
  readonly saveSnapshot: (snapshot: Snapshot) => Promise<void>
  readonly callers: CallerCache
  readonly credentials: Pick<CredentialCache, 'evict' | 'confirmFresh'>
  readonly log: Logger
}

/** Revocation and changed limits take effect within this plus one read, even when pub/sub is down. */
const POLL_MS = 2_000

/** Follows the one monotone change sequence of Postgres: swaps the catalogue whole, drops cached keys of changed organizations. */
export const createConfigFeed = (deps: FeedDeps): ConfigFeed => {
  let snapshot = deps.initial
  let seq = deps.initialSeq
  let running: Promise<void> | null = null
  let again = false

  const readOnce = async (): Promise<void> => {
    const changes = await deps.readChanges(seq)
    if (changes.orgIds.length > 0) {
      deps.callers.evict(changes.orgIds)
      deps.credentials.evict(changes.orgIds)
    }
    if (changes.catalogue) {
      snapshot = await deps.loadSnapshot()
      await deps.saveSnapshot(snapshot)
      deps.log.info('catalogue-swapped', {
        version: snapshot.version,
        models: snapshot.models.size,
        priceBook: snapshot.priceBookId,
      })
    }
    seq = Math.max(seq, changes.seq)
    deps.callers.confirmFresh()
    deps.credentials.confirmFresh()
  }

  const poke = (): void => {
    if (running !== null) {
      again = true
      return
    }
    running = readOnce()
      .catch((error: unknown) =>
        deps.log.warn('config-feed-failed', { error: error instanceof Error ? error.message : String(error) }),
      )
      .finally(() => {
        running = null
        if (again) {
          again = false
          poke()
        }
      })
  }

  const timer = setInterval(poke, POLL_MS)
  return {
    current: () => snapshot,
    poke,
    stop: async () => {
      clearInterval(timer)
      await running
    },
  }
}
