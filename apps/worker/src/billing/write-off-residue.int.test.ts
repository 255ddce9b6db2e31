import { pusd } from '@atpar/core/money'
import { holds } from '@atpar/core/proofs'
import { createPool, type Pool } from '@atpar/db/pool'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createOrg, eventOf, type TestOrg } from '../../test/books.ts'
import { balancesOf } from '../../test/stripe-world.ts'
import { eraseOrganizations } from '../jobs/erase-organizations.ts'
import { closePeriod } from './close-period.ts'
import { proveAll } from './prove.ts'

vi.setConfig({ testTimeout: 60_000 })

const CENT = 10_000_000_000n

let database: TestDatabase
let owner: Pool
let worker: Pool
let org: TestOrg

beforeAll(async () => {
  database = await createTestDatabase()
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test-owner' })
  worker = createPool({ url: database.urlFor('worker'), max: 4, applicationName: 'test-worker' })
}, 60_000)
afterAll(async () => {
  await Promise.all([owner.end(), worker.end()])
  await database.drop()
})
beforeEach(async () => {
  org = await createOrg(owner)
})

const use = (month: number, cents: bigint) =>
  ingestUsageEvents(owner, {
    events: [eventOf(org, { startedAtMs: Date.UTC(2026, month - 1, 15), billedPusd: pusd(cents * CENT) })],
  })
/** Closes a month two hours after its end. */
const close = async (month: number, minimumCents = 50n) => {
  const result = await closePeriod(worker, {
    orgId: org.id,
    period: `2026-${String(month).padStart(2, '0')}-01`,
    nowMs: Date.UTC(2026, month, 1, 2),
    graceMs: 3_600_000,
    minimumCents,
  })
  if (result.kind !== 'closed') throw new Error(result.reason)
  return result.invoice
}
const erase = async (): Promise<void> => {
  await owner.query('UPDATE organization SET erased_at = now() WHERE id = $1', [org.id])
  await runJob()
}
const runJob = () =>
  eraseOrganizations({
    pool: worker,
    log: { info: () => undefined, error: (event, fields) => expect.fail(`${event} ${JSON.stringify(fields)}`) },
  })

describe('what an organization carried forward', () => {
  it('is written off once when it is erased, and its proofs hold', async () => {
    await use(10, 30n)
    expect(await close(10)).toMatchObject({ status: 'carried' })
    await runJob()
    expect(await balancesOf(owner, org.id)).toMatchObject({ carry_over: 30n })
    await erase()
    await runJob()
    const balances = await balancesOf(owner, org.id)
    expect(balances).toMatchObject({ written_off: 30n })
    expect(balances).not.toHaveProperty('carry_over')
    const proofs = await proveAll(worker, { orgId: org.id, period: '2026-10-01' })
    expect(proofs.filter((proof) => !holds(proof))).toEqual([])
  })

  it('waits while a month with usage is open, and usage that comes after all starts from nothing', async () => {
    await use(10, 30n)
    await close(10)
    await use(11, 5n)
    await erase()
    expect(await balancesOf(owner, org.id)).toMatchObject({ carry_over: 30n })
    await close(11)
    await runJob()
    expect(await balancesOf(owner, org.id)).toMatchObject({ written_off: 35n })
    await use(12, 7n)
    expect(await close(12)).toMatchObject({ status: 'carried', usagePusd: 7n * CENT })
    await runJob()
    expect(await balancesOf(owner, org.id)).toMatchObject({ written_off: 42n })
  })

  it('stays on record when a card could be charged with it', async () => {
    await use(10, 50n)
    await close(10, 100n)
    await erase()
    expect(await balancesOf(owner, org.id)).toMatchObject({ carry_over: 50n })
  })

  it('is collected after ninety days, below the installation’s minimum, and not before', async () => {
    await use(1, 60n)
    expect(await close(1, 500n)).toMatchObject({ status: 'carried' })
    for (const month of [2, 3]) {
      await use(month, 1n)
      expect(await close(month, 500n)).toMatchObject({ status: 'carried' })
    }
    await use(4, 1n)
    // Eighty-nine days since the first of February.
    expect(await close(4, 500n)).toMatchObject({ status: 'carried' })
    await use(5, 1n)
    expect(await close(5, 500n)).toMatchObject({ status: 'finalised', totalCents: 64n })
    await use(6, 2n)
    expect(await close(6, 500n)).toMatchObject({ status: 'carried' })
  })
})
