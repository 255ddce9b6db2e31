import { pusd } from '@atpar/core/money'
import type { UsageEvent } from '@atpar/core/usage-event'
import type { Pool } from './pool.ts'

/** One event of a request as its organization may see it. */
export type GenerationEvent = Pick<
  UsageEvent,
  | 'attempt'
  | 'kind'
  | 'endpoint'
  | 'callerDialect'
  | 'streamed'
  | 'provider'
  | 'offeringId'
  | 'modelRequested'
  | 'modelId'
  | 'modelServed'
  | 'serviceTier'
  | 'funding'
  | 'startedAtMs'
  | 'firstByteAtMs'
  | 'endedAtMs'
  | 'units'
  | 'usageSource'
  | 'costPusd'
  | 'billedPusd'
  | 'absorbedPusd'
  | 'absorbedReason'
  | 'outcome'
  | 'isFinal'
  | 'httpStatus'
  | 'errorCode'
  | 'trail'
  | 'tags'
>

type Money = 'costPusd' | 'billedPusd' | 'absorbedPusd'
type GenerationRecord = Omit<GenerationEvent, Money> & Readonly<Record<Money, string>>

/** Every event of a request, attempt by attempt, corrections after what they correct; null when the organization has none of that id. */
export const findGeneration = async (
  pool: Pool,
  orgId: string,
  requestId: string,
): Promise<readonly GenerationEvent[] | null> => {
  const { rows } = await pool.query<{ events: readonly GenerationRecord[] | null }>({
    name: 'find-generation',
    text: 'SELECT find_generation($1, $2) AS events',
    values: [orgId, requestId],
  })
  return (
    rows[0]?.events?.map((event) => ({
      ...event,
      costPusd: pusd(BigInt(event.costPusd)),
      billedPusd: pusd(BigInt(event.billedPusd)),
      absorbedPusd: pusd(BigInt(event.absorbedPusd)),
    })) ?? null
  )
}
