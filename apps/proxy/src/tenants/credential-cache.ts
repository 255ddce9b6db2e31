import { describeCustomModels, type CustomCatalogue, type CustomEndpoint } from '@atpar/core/custom-models'
import { AppError, type ErrorCode } from '@atpar/core/errors'
import type { CredentialNote, SealedCredential, SealedSecret } from '@atpar/db/sealed-credentials'
import type { Logger } from '@atpar/observability/logger'
import type { ProviderTarget } from '../upstream/targets.ts'

/** One of an organization's own credentials, opened. */
export interface OwnAccess {
  readonly orgId: string
  readonly credentialId: string
  readonly secretVersion: number
  /** With the customer's key in its headers: never logged, never shown. */
  readonly target: ProviderTarget
}

/** What an organization brought of its own. */
export interface OwnCredentials {
  /** Those that can serve, in the order in which they are tried. */
  accessesOf(providerId: string): readonly OwnAccess[]
  /** A credential there says that the platform's account may not stand in for it, whether or not it can serve itself. */
  isOnlyOwn(providerId: string): boolean
  /** The models at endpoints of its own, whether or not those can serve now; null when it has none. */
  readonly catalogue: CustomCatalogue | null
  /** The account of one of them; null while it is switched off, refused or cannot be opened here. */
  endpointAccess(credentialId: string): OwnAccess | null
}

export interface CredentialCache {
  /** Null for an organization that brought none. @throws AppError 503 when that cannot be known right now: another account must not pay by mistake. */
  find(orgId: string): Promise<OwnCredentials | null> | OwnCredentials | null
  /** Forgets these organizations' credentials: they changed. */
  evict(orgIds: readonly string[]): void
  /** The change feed was read up to now, so what is cached is still true. */
  confirmFresh(): void
  noteServed(access: OwnAccess): void
  /** A provider that does not take the key is not asked with it again. */
  noteFailure(access: OwnAccess, failure: { readonly code: ErrorCode; readonly status: number }): void
}

interface CacheDeps {
  readonly load: (orgId: string) => Promise<readonly SealedCredential[]>
  /** Null when this installation cannot use it: the key that opens it is not held, or there is no address. */
  readonly open: (providerId: string, secret: SealedSecret) => ProviderTarget | null
  readonly note: (note: CredentialNote) => Promise<boolean>
  readonly monotonicMs: () => number
  readonly log: Logger
}

interface Entry {
  readonly sealed: readonly SealedCredential[]
  readonly loadedAtMs: number
  /** Null when there is none. Dropped when it is old; the sealed bytes stay. */
  opened: OwnCredentials | null
  openedAtMs: number
}

/** As for keys: a feed that is silent for longer no longer vouches for what is cached. */
const FEED_TRUST_MS = 5_000
/** An opened secret is in memory no longer than this without being opened anew. */
const OPENED_MS = 5 * 60_000
/** Sealed bytes may be old when Postgres cannot be asked; after this it has to be. */
const STALE_IF_ERROR_MS = 60 * 60_000
/** One note a credential in this time says enough. */
const NOTE_EVERY_MS = 60_000
const MAX_ENTRIES = 10_000

/** Own credentials by organization: sealed as Postgres gave them, opened while they are in use. */
export const createCredentialCache = (deps: CacheDeps): CredentialCache => {
  const entries = new Map<string, Entry>()
  const loading = new Map<string, Promise<Entry>>()
  /** By organization: until what is cached of it is read anew, which then knows better. */
  const refused = new Map<string, Set<string>>()
  const notedAtMs = new Map<string, number>()
  let feedReadAtMs = Number.NEGATIVE_INFINITY

  const load = (orgId: string): Promise<Entry> => {
    const running = loading.get(orgId)
    if (running !== undefined) return running
    const promise = deps
      .load(orgId)
      .then((sealed) => {
        const entry: Entry = {
          sealed,
          loadedAtMs: deps.monotonicMs(),
          opened: null,
          openedAtMs: Number.NEGATIVE_INFINITY,
        }
        // A load that raced with an eviction must not bring the old answer back: evict() removes the running load.
        if (loading.get(orgId) === promise) {
          if (entries.size >= MAX_ENTRIES)
            for (const oldest of [...entries.keys()].slice(0, MAX_ENTRIES / 10)) entries.delete(oldest)
          entries.set(orgId, entry)
        }
        return entry
      })
      .finally(() => {
        if (loading.get(orgId) === promise) loading.delete(orgId)
      })
    loading.set(orgId, promise)
    return promise
  }

  const opened = (orgId: string, entry: Entry): OwnCredentials | null => {
    if (entry.sealed.length === 0) return null
    if (entry.opened === null || deps.monotonicMs() - entry.openedAtMs >= OPENED_MS) {
      entry.opened = openAll(deps, entry.sealed, refused.get(orgId) ?? NOTHING_REFUSED)
      entry.openedAtMs = deps.monotonicMs()
    }
    return entry.opened
  }

  const warn = (error: unknown): void =>
    deps.log.warn('credentials-unconfirmed', { error: error instanceof Error ? error.message : String(error) })

  const loadOrRefuse = async (orgId: string): Promise<OwnCredentials | null> => {
    try {
      return opened(orgId, await load(orgId))
    } catch (cause) {
      warn(cause)
      throw new AppError('quota_unavailable', {
        message:
          "Your organization's own credentials cannot be read right now, so the request was not sent. Try again in a moment.",
        metadata: { retryAfterSeconds: 2 },
        cause,
      })
    }
  }

  const say = (access: OwnAccess, seen: Pick<CredentialNote, 'error' | 'httpStatus' | 'isRefusal'>): void => {
    deps
      .note({
        orgId: access.orgId,
        credentialId: access.credentialId,
        secretVersion: access.secretVersion,
        ...seen,
      })
      .then(
        (isFirst) => {
          if (isFirst) deps.log.warn('credential-refused', { orgId: access.orgId, credentialId: access.credentialId })
        },
        (error: unknown) => deps.log.warn('credential-note-failed', { error: String(error) }),
      )
  }

  const isDue = (note: string): boolean => {
    const nowMs = deps.monotonicMs()
    if (nowMs - (notedAtMs.get(note) ?? Number.NEGATIVE_INFINITY) < NOTE_EVERY_MS) return false
    if (notedAtMs.size >= MAX_ENTRIES) notedAtMs.clear()
    notedAtMs.set(note, nowMs)
    return true
  }

  return {
    find: (orgId) => {
      const known = entries.get(orgId)
      const nowMs = deps.monotonicMs()
      if (known === undefined || nowMs - known.loadedAtMs >= STALE_IF_ERROR_MS) return loadOrRefuse(orgId)
      // Nobody waits for a Postgres that does not answer: while the feed is silent the known ones serve, and are asked for beside.
      if (nowMs - Math.max(feedReadAtMs, known.loadedAtMs) >= FEED_TRUST_MS) load(orgId).catch(warn)
      return opened(orgId, known)
    },
    evict: (orgIds) => {
      for (const orgId of orgIds) {
        entries.delete(orgId)
        loading.delete(orgId)
        refused.delete(orgId)
      }
    },
    confirmFresh: () => {
      feedReadAtMs = deps.monotonicMs()
      // Also of those who do not call: nobody's secret is kept for later.
      for (const entry of entries.values())
        if (entry.opened !== null && feedReadAtMs - entry.openedAtMs >= OPENED_MS) entry.opened = null
    },
    noteServed: (access) => {
      if (isDue(access.credentialId)) say(access, { error: null, httpStatus: null, isRefusal: false })
    },
    noteFailure: (access, { code, status }) => {
      // 402: the account is out of money, which says nothing against the key.
      const isRefusal = code === 'upstream_unauthorized' && status !== 402
      if (isRefusal) {
        refused.set(access.orgId, (refused.get(access.orgId) ?? new Set()).add(versionOf(access)))
        const entry = entries.get(access.orgId)
        if (entry !== undefined) entry.opened = null
      }
      if (isRefusal || (code.startsWith('upstream_') && isDue(`${access.credentialId} ${code}`)))
        say(access, { error: code, httpStatus: status === 0 ? null : status, isRefusal })
    },
  }
}

/** Named with its version: what replaces a refused secret is tried. */
const versionOf = (secret: Pick<OwnAccess, 'credentialId' | 'secretVersion'>): string =>
  `${secret.credentialId} ${secret.secretVersion}`

const NONE: readonly OwnAccess[] = []
const NOTHING_REFUSED: ReadonlySet<string> = new Set()

const openAll = (
  deps: CacheDeps,
  sealed: readonly SealedCredential[],
  refused: ReadonlySet<string>,
): OwnCredentials => {
  const accesses = new Map<string, OwnAccess[]>()
  const withoutPlatform = new Set<string>()
  const endpoints: CustomEndpoint[] = []
  const endpointAccesses = new Map<string, OwnAccess>()
  for (const { credentialId, providerId, preference, secret, endpoint } of sealed) {
    if (endpoint !== null) endpoints.push({ credentialId, providerId, ...endpoint })
    else if (preference === 'only') withoutPlatform.add(providerId)
    const access = secret === null || refused.has(versionOf(secret)) ? null : openOne(deps, providerId, secret)
    if (access === null) continue
    if (endpoint === null) accesses.set(providerId, [...(accesses.get(providerId) ?? NONE), access])
    else endpointAccesses.set(credentialId, access)
  }
  return {
    accessesOf: (providerId) => accesses.get(providerId) ?? NONE,
    isOnlyOwn: (providerId) => withoutPlatform.has(providerId),
    catalogue: describeCustomModels(endpoints),
    endpointAccess: (credentialId) => endpointAccesses.get(credentialId) ?? null,
  }
}

const openOne = (deps: CacheDeps, providerId: string, secret: SealedSecret): OwnAccess | null => {
  const target = deps.open(providerId, secret)
  if (target === null) return null
  const { orgId, credentialId, secretVersion } = secret
  return { orgId, credentialId, secretVersion, target }
}
