import { notFound } from 'next/navigation'
import { cache } from 'react'
import { countInputTokens, countOutputTokens } from '@atpar/core/usage'
import { findKey } from '@atpar/db/api-keys'
import { readRates } from '@atpar/db/catalogue'
import type { Tx } from '@atpar/db/client'
import { readContentState, type ContentState } from '@atpar/db/content-policies'
import type { RequestSummary, StoredEvent } from '@atpar/db/requests'
import { listRequestsAct } from '../../acts/requests/list-requests.ts'
import { readRequestAct } from '../../acts/requests/read-request.ts'
import { actAs, type Visit } from '../../auth/guard.ts'
import { orNotFound } from '../../auth/or-not-found.ts'
import { readTenant, type TenantRead } from '../../tenant-read.ts'
import { breakDownCost, type CostBreakdown } from './cost.ts'

export interface ListedRequest extends RequestSummary {
  readonly inputTokens: number
  readonly outputTokens: number
}

export interface RequestsView {
  readonly requests: readonly ListedRequest[]
  /** The cursor this page was opened with; null on the newest page. */
  readonly before: string | null
  /** The cursor of the next older page; null when there is none. */
  readonly next: string | null
}

const PAGE_SIZE = 50

/** Of those within reach. Not found for a role that sees no request. */
export const readRequests = async (visit: Visit, cursor: string | string[] | undefined): Promise<RequestsView> => {
  const before = typeof cursor === 'string' && cursor !== '' ? cursor : null
  // One more than shown tells whether an older page exists.
  const page = { limit: PAGE_SIZE + 1, ...(before === null ? {} : { before }) }
  const rows = await orNotFound(listRequestsAct(await actAs(visit), page))
  const shown = rows.slice(0, PAGE_SIZE)
  return {
    requests: shown.map((row) => ({
      ...row,
      inputTokens: countInputTokens(row.units),
      outputTokens: countOutputTokens(row.units),
    })),
    before,
    next: rows.length > PAGE_SIZE ? (shown.at(-1)?.requestId ?? null) : null,
  }
}

export interface PricedEvent {
  readonly event: StoredEvent
  readonly breakdown: CostBreakdown
}

export interface RequestDetail {
  /** Settlements, corrections and refunds, each with its multiplication. */
  readonly events: readonly PricedEvent[]
  /** One settlement per attempt, in order. */
  readonly attempts: readonly StoredEvent[]
  /** The attempt whose answer the caller got. */
  readonly final: StoredEvent
  readonly keyName: string
  /** Whether its prompt and answer are kept. */
  readonly content: ContentState
  readonly startedAtMs: number
  readonly endedAtMs: number
  readonly billedPusd: bigint
}

const price = async (tx: Tx, event: StoredEvent): Promise<PricedEvent> => ({
  event,
  breakdown: breakDownCost(event, await readRates(tx, event)),
})

const readDetail = async (
  { tx, atMs }: TenantRead,
  visit: Visit,
  stored: readonly StoredEvent[],
): Promise<RequestDetail | null> => {
  const attempts = stored.filter((event) => event.kind === 'settle')
  const final = attempts.find((event) => event.isFinal) ?? attempts.at(-1)
  if (final === undefined) return null
  const events: PricedEvent[] = []
  for (const event of stored) events.push(await price(tx, event))
  const key = await findKey(tx, visit.orgId, { keyId: final.keyId, atMs })
  return {
    events,
    attempts,
    final,
    keyName: key?.name ?? 'Deleted key',
    content: await readContentState(tx, visit.orgId, {
      requestId: final.requestId,
      holderId: final.teamId ?? visit.orgId,
    }),
    startedAtMs: Math.min(...attempts.map((attempt) => attempt.startedAtMs)),
    endedAtMs: Math.max(...attempts.map((attempt) => attempt.endedAtMs)),
    billedPusd: stored.reduce((sum, event) => sum + event.billedPusd, 0n),
  }
}

/** Once per request. Not found for an id nobody has, another organization's, and one that is not within reach. */
export const readRequest = cache(async (visit: Visit, requestId: string): Promise<RequestDetail> => {
  const stored = await orNotFound(readRequestAct(await actAs(visit), { requestId }))
  return (await readTenant(visit.tenant, (read) => readDetail(read, visit, stored))) ?? notFound()
})
