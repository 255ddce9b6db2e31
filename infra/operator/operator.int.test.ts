import { randomUUID } from 'node:crypto'
import { nextPeriod } from '@atpar/core/invoice'
import { pusd } from '@atpar/core/money'
import { billingPeriodOf } from '@atpar/core/usage-event'
import { createPool, type Pool } from '@atpar/db/pool'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readClockOffset } from '../../apps/worker/src/clock.ts'
import { createOrg, eventOf, type TestOrg } from '../../apps/worker/test/books.ts'
import { closeMonth } from './close-month.ts'
import { explainRequest } from './explain.ts'
import { proveOrganization } from './prove-organization.ts'

let database: TestDatabase
let owner: Pool
let pool: Pool
let org: TestOrg
const bootId = randomUUID()
let heartbeat: NodeJS.Timeout
let changes = 0

beforeAll(async () => {
  database = await createTestDatabase()
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test-owner' })
  pool = createPool({ url: database.urlFor('worker'), max: 2, applicationName: 'test-operator' })
  org = await createOrg(owner, 'Operator test')
  await owner.query(`INSERT INTO proxy_boot (boot_id, proxy_id, acked_seq, last_seq) VALUES ($1, 'proxy-1', 3, 3)`, [
    bootId,
  ])
  heartbeat = setInterval(
    () => void owner.query('UPDATE proxy_boot SET last_seen_at = now() WHERE boot_id = $1', [bootId]),
    200,
  )
}, 60_000)
afterAll(async () => {
  clearInterval(heartbeat)
  await Promise.all([owner.end(), pool.end()])
  await database.drop()
})

const close = (overrides: { mayMoveClock?: boolean; period?: string } = {}) =>
  closeMonth({
    pool,
    orgSlug: org.slug,
    mayMoveClock: true,
    publishChange: () => {
      changes += 1
      return Promise.resolve()
    },
    log: () => undefined,
    timeoutMs: 10_000,
    ...overrides,
  })

describe('the operator', () => {
  const startedAtMs = Date.now()
  const event = () => eventOf(org, { startedAtMs, proxyBootId: bootId })

  it('does not move the clock of an installation that is not a test', async () => {
    await ingestUsageEvents(pool, { events: [event(), event()] })
    await expect(close({ mayMoveClock: false })).rejects.toThrow('is not over')
    expect(await readClockOffset(pool)).toBe(0)
  })

  it('closes the running month on demand, says so to the proxies, and dates what comes next into the next month', async () => {
    const period = billingPeriodOf(startedAtMs)
    const result = await close()
    expect(result).toMatchObject({
      kind: 'closed',
      isNew: true,
      period,
      invoice: { totalCents: 246n, usagePusd: 2_460_000_000_246n },
    })
    expect(changes).toBe(1)
    expect(billingPeriodOf(Date.now() + (await readClockOffset(pool)))).toBe(nextPeriod(period))
  }, 20_000)

  it('closes the same month again without another invoice or another turn of the clock', async () => {
    const offset = await readClockOffset(pool)
    expect(await close({ period: billingPeriodOf(startedAtMs).slice(0, 7) })).toMatchObject({
      kind: 'closed',
      isNew: false,
    })
    expect(await readClockOffset(pool)).toBe(offset)
    expect(changes).toBe(1)
  })

  it('waits for what a proxy still has open', async () => {
    const later = Date.now() + (await readClockOffset(pool))
    await ingestUsageEvents(pool, { events: [eventOf(org, { startedAtMs: later, billedPusd: pusd(5n) })] })
    await owner.query('UPDATE proxy_boot SET last_seq = 4 WHERE boot_id = $1', [bootId])
    const closing = close()
    setTimeout(() => void owner.query('UPDATE proxy_boot SET acked_seq = 4 WHERE boot_id = $1', [bootId]), 4_000)
    expect(await closing).toMatchObject({ kind: 'closed', isNew: true, invoice: { status: 'carried', usagePusd: 5n } })
  }, 30_000)

  it('proves each month and names the one that is off', async () => {
    expect(await proveOrganization(pool, org.slug)).toMatchObject({ allHold: true })
    await owner.query('UPDATE invoice_line SET cents = cents + 1 WHERE org_id = $1 AND position = 1', [org.id])
    const { allHold, lines } = await proveOrganization(pool, org.slug)
    expect(allHold).toBe(false)
    expect(lines.filter((line) => line.includes('P3 is off by'))).toHaveLength(2)
  })

  it('explains a request attempt by attempt, and an unknown one honestly', async () => {
    const explained = event()
    await ingestUsageEvents(pool, { events: [explained] })
    const lines = await explainRequest(pool, explained.requestId)
    expect(lines.join('\n')).toContain('cost $1.230000000123 = billed $1.230000000123')
    expect((await explainRequest(pool, randomUUID()))[0]).toContain('No usage event')
  })
})
