import { AppError } from '@atpar/core/errors'
import type { Logger } from '@atpar/observability/logger'
import type { Redis } from '@atpar/redis/client'
import { findKeepers, forgetKept, rememberKeeper, type Keeper } from '@atpar/redis/kept-responses'

/**
 * Which provider keeps which answer for whom. An account at a provider serves many organizations, so an id alone opens nothing there: it has to be
 * one that this organization was given here.
 */
export interface KeptResponses {
  /** Never fails: an answer that cannot be remembered is still an answer. */
  remember(kept: {
    readonly orgId: string
    readonly requestId: string
    readonly ids: readonly string[]
    readonly keeper: Keeper
  }): Promise<void>
  /** @throws AppError `quota_unavailable` when nobody can tell right now. */
  find(orgId: string, ids: readonly string[]): Promise<readonly (Keeper | null)[]>
  /** Never fails: what is gone at its provider answers so there. */
  forget(orgId: string, id: string): Promise<void>
}

/** Conversations go on within hours. Providers keep answers for a month, but each costs room here. */
const LIFE_MS = 3 * 24 * 60 * 60_000

export const createKeptResponses = ({
  redis,
  log,
}: {
  readonly redis: Redis
  readonly log: Logger
}): KeptResponses => ({
  remember: async ({ orgId, requestId, ids, keeper }) => {
    try {
      await rememberKeeper(redis, { orgId, ids, keeper, lifeMs: LIFE_MS })
    } catch (error) {
      log.warn('kept-response-unremembered', { requestId, error: error instanceof Error ? error.message : 'unknown' })
    }
  },
  find: async (orgId, ids) => {
    try {
      return await findKeepers(redis, { orgId, ids })
    } catch (cause) {
      throw new AppError('quota_unavailable', {
        message: 'Which provider keeps this response cannot be looked up right now. Try again in a moment.',
        metadata: { retryAfterSeconds: 2 },
        cause,
      })
    }
  },
  forget: async (orgId, id) => {
    try {
      await forgetKept(redis, orgId, id)
    } catch (error) {
      log.warn('kept-response-unforgotten', { error: error instanceof Error ? error.message : 'unknown' })
    }
  },
})
