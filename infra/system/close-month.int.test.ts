import { createPool, type Pool } from '@atpar/db/pool'
import { publishChange } from '@atpar/redis/changes'
import { createRedis, waitUntilReady, type Redis } from '@atpar/redis/client'
import { nextPeriod } from '@atpar/core/invoice'
import { PUSD_PER_CENT } from '@atpar/core/money'
import { billingPeriodOf } from '@atpar/core/usage-event'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closeMonth } from '../operator/close-month.ts'
import { proveOrganization } from '../operator/prove-organization.ts'
import { createRandom } from './random.ts'
import { waitUntilSettled } from './settled.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant } from './tenant.ts'
import { planTraffic, playTraffic } from './traffic.ts'

const SEED = 11

describe('closing a month on a running system', () => {
  let system: RunningSystem
  let pool: Pool
  let redis: Redis
  beforeAll(async () => {
    system = await startSystem({ worker: true })
    pool = createPool({ url: system.database.urlFor('worker'), max: 2, applicationName: 'test-operator' })
    redis = createRedis({ url: system.redis.url, connectionName: 'test-operator', commandTimeoutMs: 2_000 })
    await waitUntilReady(redis, 5_000)
  }, 90_000)
  afterAll(async () => {
    redis.disconnect()
    await pool.end()
    await system.stop()
  })

  it('invoices exactly what was billed, also when calls go on while it closes, and dates later calls into the next month', async () => {
    const tenant = await createTenant(system.owner, { name: 'close' })
    const target = { proxyUrl: system.proxyUrls[0] ?? '', key: tenant.key, concurrency: 8 }
    const period = billingPeriodOf(Date.now())
    await playTraffic(planTraffic(createRandom(SEED), 150), target)
    const during = playTraffic(planTraffic(createRandom(SEED + 1), 150), target)
    const close = (wanted: string) =>
      closeMonth({
        pool,
        orgSlug: tenant.slug,
        period: wanted,
        mayMoveClock: true,
        publishChange: () => publishChange(redis, null),
        log: () => undefined,
      })
    const first = await close(period)
    if (first.kind !== 'closed') throw new Error(first.reason)
    await during
    await playTraffic(planTraffic(createRandom(SEED + 2), 40), target)
    await waitUntilSettled(system)
    const second = await close(nextPeriod(period))
    if (second.kind !== 'closed') throw new Error(second.reason)

    const { rows } = await system.owner.query<{ billed: string; requests: number; months: number }>(
      `SELECT sum(billed_pusd)::text AS billed, count(DISTINCT request_id)::int AS requests, count(DISTINCT billing_period)::int AS months FROM usage_event WHERE org_id = $1`,
      [tenant.orgId],
    )
    expect(first.invoice.usagePusd + second.invoice.usagePusd).toBe(BigInt(rows[0]?.billed ?? 0))
    expect(rows[0]?.months).toBe(2)
    expect(rows[0]?.requests).toBeGreaterThan(250)
    const carried = await system.owner.query<{ carry: string; cents: string }>(
      'SELECT (array_agg(carry_out_pusd ORDER BY id DESC))[1]::text AS carry, sum(total_cents)::text AS cents FROM invoice WHERE org_id = $1',
      [tenant.orgId],
    )
    expect(BigInt(carried.rows[0]?.cents ?? 0) * PUSD_PER_CENT + BigInt(carried.rows[0]?.carry ?? 0)).toBe(
      BigInt(rows[0]?.billed ?? 0),
    )
    const proofs = await proveOrganization(pool, tenant.slug)
    expect(proofs.lines.filter((line) => !line.endsWith('holds'))).toEqual([])
    expect(proofs.lines.length).toBeGreaterThanOrEqual(8)
  }, 180_000)
})
