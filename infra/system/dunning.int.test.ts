import { randomBytes } from 'node:crypto'
import { PUSD_PER_CENT } from '@atpar/core/money'
import { newUuidV7 } from '@atpar/core/ids'
import { createPool, type Pool } from '@atpar/db/pool'
import { publishChange } from '@atpar/redis/changes'
import { createRedis, waitUntilReady, type Redis } from '@atpar/redis/client'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { closeMonth } from '../operator/close-month.ts'
import { moveClockBy, type MoveClockOptions } from '../operator/move-clock.ts'
import { createRandom } from './random.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant, type SeededTenant } from './tenant.ts'
import { planTraffic, playTraffic } from './traffic.ts'

const PATIENT = { timeout: 60_000, interval: 250 }

describe('an unpaid invoice on a running system', () => {
  let system: RunningSystem
  let pool: Pool
  let redis: Redis
  let tenant: SeededTenant
  let clock: MoveClockOptions
  beforeAll(async () => {
    system = await startSystem({ worker: true })
    pool = createPool({ url: system.database.urlFor('worker'), max: 2, applicationName: 'test-operator' })
    redis = createRedis({ url: system.redis.url, connectionName: 'test-operator', commandTimeoutMs: 2_000 })
    await waitUntilReady(redis, 5_000)
    clock = { pool, publishChange: () => publishChange(redis, null), log: () => undefined }
    tenant = await createTenant(system.owner, { name: 'dunning' })
    await system.owner.query(
      'INSERT INTO credit_standing (org_id, starter_pusd, line_pusd) VALUES ($1, 1000000000000000, 1000000000000000)',
      [tenant.orgId],
    )
  }, 120_000)
  afterAll(async () => {
    redis.disconnect()
    await pool.end()
    await system.stop()
  })

  const proxyUrl = () => system.proxyUrls[0] ?? ''
  /** The same small request in each caller's format. */
  const call = {
    openai: () =>
      fetch(`${proxyUrl()}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 5 }),
      }),
    anthropic: () =>
      fetch(`${proxyUrl()}/v1/messages`, {
        method: 'POST',
        headers: { 'x-api-key': tenant.key, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 5 }),
      }),
    gemini: () =>
      fetch(`${proxyUrl()}/v1beta/models/gpt-4o-mini:generateContent`, {
        method: 'POST',
        headers: { 'x-goog-api-key': tenant.key, 'content-type': 'application/json' },
        body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] }),
      }),
  }
  const statuses = async () => {
    const answers = await Promise.all(Object.values(call).map((send) => send()))
    const texts = await Promise.all(answers.map((answer) => answer.text()))
    return answers.map((answer, index) => [answer.status, texts[index]?.includes('billing_suspended') ?? false])
  }

  it('walks by the clock to 402 billing_suspended in every format, leaves reads open, and ends with the payment', async () => {
    await playTraffic(planTraffic(createRandom(5), 20), { proxyUrl: proxyUrl(), key: tenant.key, concurrency: 4 })
    const closed = await closeMonth({ ...clock, orgSlug: tenant.slug, mayMoveClock: true })
    if (closed.kind !== 'closed') throw new Error(closed.reason)
    const ok = [
      [200, false],
      [200, false],
      [200, false],
    ]
    expect(await statuses()).toEqual(ok)
    // As collection leaves an invoice whose charge failed; how it comes to that is tested with the simulated Stripe.
    await system.owner.query(
      `INSERT INTO invoice_collection (invoice_id, org_id, state, amount_cents, due_at, charge_failed_at)
      SELECT id, org_id, 'open', total_cents, issued_at, issued_at FROM invoice WHERE id = $1
      ON CONFLICT (invoice_id) DO UPDATE SET state = 'open', due_at = EXCLUDED.due_at, charge_failed_at = EXCLUDED.charge_failed_at`,
      [closed.invoice.id],
    )
    await moveClockBy(clock, '14d')
    await vi.waitFor(
      async () =>
        expect(await statuses()).toEqual([
          [402, true],
          [402, true],
          [402, true],
        ]),
      PATIENT,
    )
    const models = await fetch(`${proxyUrl()}/v1/models`, { headers: { authorization: `Bearer ${tenant.key}` } })
    expect(models.status).toBe(200)
    await models.body?.cancel()

    const paidPusd = closed.invoice.totalCents * PUSD_PER_CENT
    const client = await system.owner.connect()
    await client.query('BEGIN')
    const id = newUuidV7({ nowMs: Date.now, randomBytes })
    await client.query(
      `INSERT INTO ledger_transaction (id, org_id, natural_key, kind, period) VALUES ($1, $2, 'payment:test', 'payment', '2026-12-01')`,
      [id, tenant.orgId],
    )
    await client.query(
      `INSERT INTO ledger_entry (id, org_id, transaction_id, account, amount_pusd) VALUES (gen_random_uuid(), $1, $2, 'cash:stripe', $3), (gen_random_uuid(), $1, $2, 'ar_open', -$3::numeric)`,
      [tenant.orgId, id, paidPusd.toString()],
    )
    await client.query(`UPDATE invoice_collection SET state = 'paid' WHERE invoice_id = $1`, [closed.invoice.id])
    await client.query('COMMIT')
    client.release()
    await vi.waitFor(async () => expect(await statuses()).toEqual(ok), PATIENT)
  }, 240_000)
})
