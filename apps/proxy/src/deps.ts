import type { CallerDialect, CallerDialectId } from '@atpar/dialects/contract'
import type { TaskCaller, TaskCallerId } from '@atpar/dialects/task-contract'
import type { GenerationEvent } from '@atpar/db/generations'
import type { Logger } from '@atpar/observability/logger'
import type { KeptAnswers } from '@atpar/redis/kept-answers'
import type { Quota } from '@atpar/redis/quota'
import type { KeptContent } from '@atpar/core/kept-content'
import type { ContentQueue } from './content/content-queue.ts'
import type { ConfigFeed } from './catalogue/config-feed.ts'
import type { Deadlines } from './deadlines.ts'
import type { RecentService } from './health/recent-service.ts'
import type { Health } from './health/breakers.ts'
import type { BodyRoom } from './http/body-room.ts'
import type { Networks } from './http/networks.ts'
import type { KeptResponses } from './kept/kept-responses.ts'
import type { Journal } from './journal/journal.ts'
import type { LargeBodies } from './large/large-bodies.ts'
import type { Learnt } from './metering/learnt.ts'
import type { Metrics } from './metrics.ts'
import type { CallerCache } from './tenants/caller-cache.ts'
import type { CredentialCache } from './tenants/credential-cache.ts'
import type { Upstream } from './upstream/http.ts'
import type { ProviderTarget, ProviderTargets } from './upstream/targets.ts'

export interface Clock {
  /** Wall time plus the installation's test offset: what events, periods and budgets go by. */
  nowMs(): number
  /** Real wall time: expiries of keys and holds. */
  wallMs(): number
  monotonicMs(): number
}

/** Everything a request touches outside its own memory, wired once in main.ts. */
export interface Deps {
  readonly proxyId: string
  readonly bootId: string
  readonly instanceId: string
  readonly clock: Clock
  readonly newRequestId: (atMs: number) => string
  readonly dialects: Readonly<Record<CallerDialectId, CallerDialect>>
  readonly formats: Readonly<Record<TaskCallerId, TaskCaller>>
  readonly feed: ConfigFeed
  readonly callers: CallerCache
  readonly credentials: CredentialCache
  readonly quota: Quota
  readonly kept: KeptResponses
  /** Every event of a request that is on record; null while it is not. */
  readonly findGeneration: (orgId: string, requestId: string) => Promise<readonly GenerationEvent[] | null>
  readonly journal: Journal
  readonly upstream: Upstream
  readonly deadlines: Deadlines
  readonly targets: ProviderTargets
  /** One credential of an organization whatever its status, opened for a test and not kept. */
  readonly findOwnTarget: (orgId: string, credentialId: string) => Promise<ProviderTarget | 'unknown' | 'unusable'>
  /** Shown by the dashboard when it asks for what is no customer's call. */
  readonly internalToken: string
  readonly health: Health
  readonly recent: RecentService
  readonly learnt: Learnt
  readonly metrics: Metrics
  readonly networks: Networks
  readonly log: Logger
  readonly maxOpenCalls: number
  readonly bodyRoom: BodyRoom
  readonly largeBodies: LargeBodies
  readonly answers: KeptAnswers
  /** Where the words of requests go that are to be kept. */
  readonly contents: ContentQueue
  /** The words of these requests of one organization that may still be read, opened. */
  readonly readContents: (orgId: string, requestIds: readonly string[]) => Promise<ReadonlyMap<string, KeptContent>>
}
