import { randomBytes, randomUUID } from 'node:crypto'
import { uuidV7At } from '@atpar/core/ids'
import { pusd } from '@atpar/core/money'
import { billingPeriodOf, type AttemptBegin, type UsageEvent } from '@atpar/core/usage-event'
import { beginMark, encodeBegin, encodeEnd, settleMark } from './record-text.ts'

const IDS = { org: '018f0000-0000-7000-8000-000000000001', key: '018f0000-0000-7000-8000-000000000002' }

/** An attempt as the proxy begins it, for the tests of the journal and the shipper. */
export const sampleBegin = (overrides: Partial<AttemptBegin> = {}): AttemptBegin => {
  const startedAtMs = overrides.startedAtMs ?? Date.now()
  return {
    requestId: uuidV7At(startedAtMs, randomBytes(10)),
    attempt: 1,
    orgId: IDS.org,
    teamId: null,
    memberId: null,
    keyId: IDS.key,
    endpoint: 'chat.completions',
    callerDialect: 'openai-chat',
    streamed: false,
    provider: 'openai',
    offeringId: 'openai/gpt-4o-mini',
    modelRequested: 'gpt-4o-mini "quoted" \n ü',
    modelId: 'gpt-4o-mini',
    routeVersionId: null,
    serviceTier: null,
    funding: 'platform',
    startedAtMs,
    billingPeriod: billingPeriodOf(startedAtMs),
    priceBookId: 1,
    estimatePusd: pusd(1_000_000_000n),
    tags: ['team-blue', 'env:test'],
    leaseNumber: 7,
    ...overrides,
  }
}

/** How that attempt ended. `proxySeq` is the number `begin` gave. */
export const sampleSettle = (
  begin: AttemptBegin,
  proxySeq: number,
  overrides: Partial<UsageEvent> = {},
): UsageEvent => ({
  ...begin,
  kind: 'settle',
  seq: 0,
  modelServed: 'gpt-4o-mini-2024-07-18',
  firstByteAtMs: begin.startedAtMs + 20,
  endedAtMs: begin.startedAtMs + 90,
  units: { input_uncached: 100, output_text: 20 },
  usageSource: 'provider_final',
  providerUsageRaw: { prompt_tokens: 100, completion_tokens: 20 },
  providerRequestId: 'chatcmpl-1',
  providerStatedCostPusd: null,
  costPusd: pusd(27_000_000n),
  billedPusd: pusd(27_000_000n),
  absorbedPusd: pusd(0n),
  absorbedReason: null,
  outcome: 'ok',
  isFinal: true,
  httpStatus: 200,
  errorCode: null,
  trail: [
    {
      attempt: 1,
      offeringId: begin.offeringId,
      provider: begin.provider,
      result: 'served',
      reason: 'chosen',
      httpStatus: 200,
      durationMs: 90,
    },
  ],
  proxyId: 'proxy-1',
  proxyBootId: randomUUID(),
  proxySeq,
  ...overrides,
})

/** Records and lines as a journal writes them. */
export const encodeSettle = (event: UsageEvent): string =>
  encodeEnd(encodeBegin({ ...event, serviceTier: null }), event)
export const beginLine = (seq: number, text: string): string => `${beginMark(seq)}${text}\n`
export const settleLine = (seq: number, text: string): string => `${settleMark(seq)}${text}\n`
