import { pusd } from './money.ts'
import { killedEvent, type AttemptBegin, type UsageEvent } from './usage-event.ts'

/** An attempt for tests, and its event when nothing came of it. */
export const begin: AttemptBegin = {
  requestId: '01940000-0000-7000-8000-000000000001',
  attempt: 1,
  orgId: 'org',
  teamId: 'team',
  memberId: null,
  keyId: 'key',
  endpoint: 'chat.completions',
  callerDialect: 'openai-chat',
  streamed: true,
  provider: 'openai',
  offeringId: 'openai/gpt-4o-mini',
  modelRequested: 'gpt-4o-mini',
  modelId: 'gpt-4o-mini',
  routeVersionId: null,
  serviceTier: null,
  funding: 'platform',
  startedAtMs: Date.parse('2026-11-30T23:59:59.999Z'),
  billingPeriod: '2026-11-01',
  priceBookId: 7,
  estimatePusd: pusd(123_456_789_012_345_678_901n),
  tags: ['team-blue', 'env:test'],
  leaseNumber: 3,
}
export const origin = { proxyId: 'proxy-1', proxyBootId: 'boot-1', proxySeq: 41 }
export const killed: UsageEvent = killedEvent(begin, origin, begin.startedAtMs + 60_000)
