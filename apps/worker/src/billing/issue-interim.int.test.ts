import { PUSD_PER_CENT, pusd } from '@atpar/core/money'
import { holds } from '@atpar/core/proofs'
import { createPool, type Pool } from '@atpar/db/pool'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createOrg, eventOf, type TestOrg } from '../../test/books.ts'
import { closePeriod } from './close-period.ts'
import { issueInterim } from './issue-interim.ts'
import { proveAll } from './prove.ts'

const NOVEMBER = '2026-11-01'
const IN_NOVEMBER = Date.UTC(2026, 10, 20)
const IN_DECEMBER = Date.UTC(2026, 11, 1, 2)

let database: TestDatabase
let owner: Pool
let worker: Pool
let org: TestOrg

beforeAll(async () => {
  database = await createTestDatabase()
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test-owner' })
  worker = createPool({ url: database.urlFor('worker'), max: 6, applicationName: 'test-worker' })
}, 60_000)
afterAll(async () => {
  await Promise.all([owner.end(), worker.end()])
  await database.drop()
})
beforeEach(async () => {
  org = await createOrg(owner)
})

const use = (cents: bigint, extra = 0n) =>
  ingestUsageEvents(worker, { events: [eventOf(org, { billedPusd: pusd(cents * PUSD_PER_CENT + extra) })] })
const interim = () => issueInterim(worker, { orgId: org.id, period: NOVEMBER, nowMs: IN_NOVEMBER, minimumCents: 50n })
const close = () =>
  closePeriod(worker, {
    orgId: org.id,
    period: NOVEMBER,
    nowMs: IN_DECEMBER,
    graceMs: 3_600_000,
    minimumCents: 50n,
  })
const failedProofs = async () =>
  (await proveAll(worker, { orgId: org.id, period: NOVEMBER })).filter((proof) => !holds(proof))
const balances = async () => {
  const { rows } = await owner.query<{ account: string; balance: string }>(
    `SELECT account, sum(amount_pusd)::text AS balance FROM ledger_entry WHERE org_id = $1 AND account IN ('ar_open', 'carry_over', 'unbilled_usage') GROUP BY account`,
    [org.id],
  )
  return Object.fromEntries(rows.map((row) => [row.account, BigInt(row.balance)]))
}

describe('interim invoices', () => {
  it('claim the running month in parts; its own invoice takes them off, and all proofs hold with three invoices', async () => {
    await use(1_000n, 3n)
    expect(await interim()).toMatchObject({ number: `ATPAR-${org.slug}-2026-11-2`, totalCents: 1_000n })
    expect(await balances()).toEqual({ ar_open: 1_000n * PUSD_PER_CENT, unbilled_usage: 3n })
    expect(await failedProofs()).toEqual([])
    await use(250n, 4n)
    expect(await interim()).toMatchObject({ number: `ATPAR-${org.slug}-2026-11-3`, totalCents: 250n })
    await use(75n, 5n)
    expect(await close()).toMatchObject({
      kind: 'closed',
      invoice: { number: `ATPAR-${org.slug}-2026-11`, totalCents: 75n, usagePusd: 1_325n * PUSD_PER_CENT + 12n },
    })
    expect(await balances()).toEqual({ ar_open: 1_325n * PUSD_PER_CENT, carry_over: 12n, unbilled_usage: 0n })
    const proofs = await proveAll(worker, { orgId: org.id, period: NOVEMBER })
    expect(proofs.map(({ proof }) => proof)).toEqual(expect.arrayContaining(['P1', 'P2', 'P3', 'P5']))
    expect(await failedProofs()).toEqual([])
  })

  it('are caught by the proofs when one of their lines or totals is changed', async () => {
    await use(1_000n)
    await interim()
    await use(100n)
    await close()
    await owner.query(
      `UPDATE invoice_line l SET cents = cents + 1 FROM invoice i WHERE i.id = l.invoice_id AND i.org_id = $1 AND i.sequence = 2 AND l.position = 1`,
      [org.id],
    )
    expect((await failedProofs()).map(({ proof }) => proof)).toEqual(['P3'])
  })

  it('are not issued twice for the same usage, also by two at once, nor for crumbs, nor after the month is closed', async () => {
    await use(1_000n)
    const both = await Promise.all([interim(), interim()])
    expect(both.filter((invoice) => invoice !== null)).toHaveLength(1)
    await use(49n)
    expect(await interim()).toBeNull()
    await close()
    expect(await interim()).toBeNull()
  })
})
