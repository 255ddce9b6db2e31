import { randomBytes, randomUUID } from 'node:crypto'
import { uuidV7At } from '@atpar/core/ids'
import { pusd } from '@atpar/core/money'
import { billingPeriodOf, type UsageEvent } from '@atpar/core/usage-event'

const FIRST_BYTE_MS = 200
const DURATION_MS = 900

/** Ids minted here sort by their instant, as the proxy's do. */
export const buildId = (atMs: number): string => uuidV7At(atMs, randomBytes(10))

/**
 * A plausible settled event of `startedAtMs` (now, unless told otherwise); everything can be overridden. The id and the billing period follow
 * `startedAtMs`, and cost = billed + absorbed unless the overrides break it on purpose.
 */
export const buildUsageEvent = (overrides: Partial<UsageEvent> = {}): UsageEvent => {
  const startedAtMs = overrides.startedAtMs ?? Date.now()
  const billedPusd = overrides.billedPusd ?? pusd(105_000_000n)
  const absorbedPusd = overrides.absorbedPusd ?? pusd(0n)
  return {
    requestId: buildId(startedAtMs),
    attempt: 1,
    kind: 'settle',
    seq: 0,
    orgId: randomUUID(),
    teamId: null,
    memberId: null,
    keyId: randomUUID(),
    endpoint: 'chat.completions',
    callerDialect: 'openai-chat',
    streamed: false,
    provider: 'openai',
    offeringId: 'openai/gpt-4o-mini',
    modelRequested: 'gpt-4o-mini',
    modelId: 'gpt-4o-mini',
    modelServed: 'gpt-4o-mini-2024-07-18',
    routeVersionId: null,
    serviceTier: null,
    funding: 'platform',
    startedAtMs,
    firstByteAtMs: startedAtMs + FIRST_BYTE_MS,
    endedAtMs: startedAtMs + DURATION_MS,
    billingPeriod: billingPeriodOf(startedAtMs),
    priceBookId: 1,
    units: { input_uncached: 300, output_text: 100 },
    usageSource: 'provider_final',
    providerUsageRaw: { prompt_tokens: 300, completion_tokens: 100 },
    providerRequestId: null,
    providerStatedCostPusd: null,
    costPusd: pusd(billedPusd + absorbedPusd),
    billedPusd,
    absorbedPusd,
    absorbedReason: null,
    outcome: 'ok',
    isFinal: true,
    httpStatus: 200,
    errorCode: null,
    estimatePusd: billedPusd,
    tags: [],
    trail: [
      {
        attempt: 1,
        offeringId: 'openai/gpt-4o-mini',
        provider: 'openai',
        result: 'served',
        reason: 'first choice',
        httpStatus: 200,
        durationMs: DURATION_MS,
      },
    ],
    proxyId: 'proxy-1',
    proxyBootId: randomUUID(),
    proxySeq: 1,
    leaseNumber: null,
    ...overrides,
  }
}
