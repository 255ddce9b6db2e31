import { randomBytes, randomUUID } from 'node:crypto'
import { uuidV7At } from '@atpar/core/ids'
import { pusd } from '@atpar/core/money'
import { billingPeriodOf, type UsageEvent } from '@atpar/core/usage-event'
import type { Pool } from '@atpar/db/pool'

/** An organization with one key, as the billing jobs see it. */
export interface TestOrg {
  readonly id: string
  readonly slug: string
  readonly keyId: string
}

export const createOrg = async (owner: Pool, name = 'Acme & Söhne <b>'): Promise<TestOrg> => {
  const org = { id: randomUUID(), slug: `acm${randomBytes(3).toString('hex')}`, keyId: randomUUID() }
  const teamId = randomUUID()
  await owner.query('INSERT INTO organization (id, slug, name) VALUES ($1, $2, $3)', [org.id, org.slug, name])
  await owner.query(`INSERT INTO team (id, org_id, name) VALUES ($1, $2, 'Default')`, [teamId, org.id])
  await owner.query(
    `INSERT INTO api_key (id, org_id, team_id, kind, name, hmac, pepper_id, public_prefix, last_four) VALUES ($1, $2, $3, 'service', 'key', $4, 'p1', 'atpar_test_x', 'abcd')`,
    [org.keyId, org.id, teamId, randomBytes(32)],
  )
  return org
}

export const addMember = async (owner: Pool, org: TestOrg, member: { email: string; role: string }): Promise<void> => {
  const userId = randomUUID()
  await owner.query('INSERT INTO app_user (id, email, name) VALUES ($1, $2, $2)', [userId, member.email])
  await owner.query('INSERT INTO membership (id, org_id, user_id, role) VALUES ($1, $2, $3, $4)', [
    randomUUID(),
    org.id,
    userId,
    member.role,
  ])
}

export const eventOf = (org: TestOrg, overrides: Partial<UsageEvent> = {}): UsageEvent => {
  const startedAtMs = overrides.startedAtMs ?? Date.UTC(2026, 10, 15, 12)
  const billedPusd = overrides.billedPusd ?? pusd(1_230_000_000_123n)
  const absorbedPusd = overrides.absorbedPusd ?? pusd(0n)
  return {
    requestId: uuidV7At(startedAtMs, randomBytes(10)),
    attempt: 1,
    kind: 'settle',
    seq: 0,
    orgId: org.id,
    teamId: null,
    memberId: null,
    keyId: org.keyId,
    endpoint: 'chat.completions',
    callerDialect: 'openai-chat',
    streamed: false,
    provider: 'openai',
    offeringId: 'openai/gpt-4o-mini',
    modelRequested: 'gpt-4o-mini',
    modelId: 'gpt-4o-mini',
    modelServed: null,
    routeVersionId: null,
    serviceTier: null,
    funding: 'platform',
    startedAtMs,
    firstByteAtMs: null,
    endedAtMs: startedAtMs + 90,
    billingPeriod: billingPeriodOf(startedAtMs),
    priceBookId: 1,
    units: { input_uncached: 1_000, output_text: 20, searches: 1 },
    usageSource: 'provider_final',
    providerUsageRaw: null,
    providerRequestId: null,
    providerStatedCostPusd: null,
    costPusd: pusd(billedPusd + absorbedPusd),
    absorbedReason: null,
    outcome: 'ok',
    isFinal: true,
    httpStatus: 200,
    errorCode: null,
    estimatePusd: pusd(2_000_000_000_000n),
    tags: [],
    trail: [],
    proxyId: 'proxy-1',
    proxyBootId: randomUUID(),
    proxySeq: 1,
    leaseNumber: null,
    ...overrides,
    billedPusd,
    absorbedPusd,
  }
}
