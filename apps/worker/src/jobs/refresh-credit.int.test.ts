import { randomUUID } from 'node:crypto'
import { DAY_MS } from '@atpar/core/durations'
import { PUSD_PER_CENT, parseUsd, pusd } from '@atpar/core/money'
import { createPool, type Pool } from '@atpar/db/pool'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { createLogger } from '@atpar/observability/logger'
import type { Producer } from '@atpar/queue/producer'
import { createRedis, waitUntilReady, type Redis } from '@atpar/redis/client'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { startTestRedis, type TestRedis } from '@atpar/testkit/redis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { addMember, createOrg, eventOf, type TestOrg } from '../../test/books.ts'
import { closePeriod } from '../billing/close-period.ts'
import type { Deps } from '../deps.ts'
import { refreshCredit } from './refresh-credit.ts'

const NOVEMBER = Date.UTC(2026, 10, 15, 12)
const IN_DECEMBER = Date.UTC(2026, 11, 1, 2)

let database: TestDatabase
let server: TestRedis
let redis: Redis
let owner: Pool
let worker: Pool
let org: TestOrg
const mails: { to: string; subject: string }[] = []
const jobs = new Set<string>()

const producer: Producer = {
  add: (name, payload, options) => {
    if (name === 'send-email' && !jobs.has(options?.jobId ?? '')) mails.push(payload as { to: string; subject: string })
    jobs.add(options?.jobId ?? '')
    return Promise.resolve()
  },
  ensureSchedules: () => Promise.resolve([]),
  close: () => Promise.resolve(),
}

beforeAll(async () => {
  ;[database, server] = await Promise.all([createTestDatabase(), startTestRedis()])
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test-owner' })
  worker = createPool({ url: database.urlFor('worker'), max: 4, applicationName: 'test-worker' })
  redis = createRedis({ url: server.url, connectionName: 'test', commandTimeoutMs: 5_000 })
  await waitUntilReady(redis, 5_000)
}, 60_000)
afterAll(async () => {
  redis.disconnect()
  await Promise.all([owner.end(), worker.end()])
  await Promise.all([database.drop(), server.stop()])
})

const STARTER = parseUsd('5')
beforeEach(async () => {
  mails.length = 0
  org = await createOrg(owner, 'Credit')
  await addMember(owner, org, { email: `${org.slug}@example.test`, role: 'owner' })
  await owner.query('INSERT INTO credit_standing (org_id, starter_pusd, line_pusd) VALUES ($1, $2, $2)', [
    org.id,
    STARTER.toString(),
  ])
  await owner.query(
    `INSERT INTO budget (id, org_id, scope, scope_id, limit_pusd, period, hard, is_credit) VALUES ($1, $2, 'organization', $2, $3, 'month', true, true)`,
    [randomUUID(), org.id, STARTER.toString()],
  )
})

const depsAt = (nowMs: number): Deps => ({
  pool: worker,
  redis,
  producer,
  sendMail: () => Promise.resolve(),
  wallMs: () => nowMs,
  log: createLogger({ service: 'test', level: 'error', destination: { write: () => undefined } }),
  dashboardUrl: 'http://dashboard.test',
  closing: { graceMs: 3_600_000, minimumCents: 50n },
  collecting: null,
  reportSources: [],
  abandonBootMs: DAY_MS,
  anchors: null,
})
const refreshAt = (nowMs: number) => refreshCredit(depsAt(nowMs), { orgId: org.id })
const use = (usd: string, startedAtMs = NOVEMBER) =>
  ingestUsageEvents(worker, { events: [eventOf(org, { startedAtMs, billedPusd: parseUsd(usd) })] })
const addCard = () =>
  owner.query(`INSERT INTO billing_account (org_id, stripe_customer_id, payment_method_id) VALUES ($1, $2, 'pm_1')`, [
    org.id,
    `cus_${org.slug}`,
  ])
/** The month's invoice, as collection leaves it after a charge that failed when it was due. */
const failInvoice = async (usd: string): Promise<string> => {
  await use(usd)
  const closed = await closePeriod(worker, {
    orgId: org.id,
    period: '2026-11-01',
    nowMs: IN_DECEMBER,
    graceMs: 3_600_000,
    minimumCents: 50n,
  })
  if (closed.kind !== 'closed') throw new Error(closed.reason)
  await owner.query(
    `INSERT INTO invoice_collection (invoice_id, org_id, state, amount_cents, due_at, charge_failed_at) VALUES ($1, $2, 'open', $3, $4, $4)
    ON CONFLICT (invoice_id) DO UPDATE SET state = 'open', due_at = EXCLUDED.due_at, charge_failed_at = EXCLUDED.charge_failed_at`,
    [closed.invoice.id, org.id, closed.invoice.totalCents.toString(), new Date(IN_DECEMBER)],
  )
  return closed.invoice.id
}
const pay = async (invoiceId: string, usd: string): Promise<void> => {
  await owner.query(`UPDATE invoice_collection SET state = 'paid' WHERE invoice_id = $1`, [invoiceId])
  await postToLedger('payment', { 'cash:stripe': parseUsd(usd), ar_open: pusd(0n - parseUsd(usd)) })
}
const postToLedger = (kind: string, entries: Readonly<Record<string, bigint>>): Promise<unknown> =>
  owner.query(
    `WITH t AS (INSERT INTO ledger_transaction (id, org_id, natural_key, kind, period) VALUES ($1::uuid, $2, $1::uuid::text, $3, '2026-12-01') RETURNING id)
    INSERT INTO ledger_entry (id, org_id, transaction_id, account, amount_pusd) SELECT gen_random_uuid(), $2, t.id, e.account, e.amount FROM t, unnest($4::text[], $5::numeric[]) AS e (account, amount)`,
    [randomUUID(), org.id, kind, Object.keys(entries), Object.values(entries).map(String)],
  )
const standing = async () => {
  const { rows } = await owner.query<{ line: string; cap: string; stage: string; status: string; owed: string }>(
    `SELECT c.line_pusd::text AS line, b.limit_pusd::text AS cap, c.dunning_stage AS stage, o.status, c.owed_pusd::text AS owed
    FROM credit_standing c JOIN budget b ON b.org_id = c.org_id AND b.is_credit JOIN organization o ON o.id = c.org_id WHERE c.org_id = $1`,
    [org.id],
  )
  const [row] = rows
  if (row === undefined) throw new Error('no standing')
  return { ...row, line: BigInt(row.line), cap: BigInt(row.cap), owed: BigInt(row.owed) }
}

describe('credit', () => {
  it('is the starter line, then ten dollars with a card, and usage of the month leaves the limit alone', async () => {
    await refreshAt(NOVEMBER)
    expect(await standing()).toMatchObject({ line: STARTER, cap: STARTER, stage: 'none', status: 'active' })
    await addCard()
    await use('3')
    await refreshAt(NOVEMBER)
    expect(await standing()).toMatchObject({ line: parseUsd('10'), cap: parseUsd('10'), owed: parseUsd('3') })
  })

  it('counts what earlier months left unpaid against this one, and comes back with the payment', async () => {
    await addCard()
    const invoiceId = await failInvoice('4')
    await refreshAt(IN_DECEMBER)
    expect(await standing()).toMatchObject({ line: parseUsd('10'), cap: parseUsd('6'), stage: 'notice' })
    await pay(invoiceId, '4')
    await refreshAt(IN_DECEMBER)
    expect(await standing()).toMatchObject({ line: parseUsd('50'), cap: parseUsd('50'), stage: 'none' })
  })

  it('grows by what was paid in advance', async () => {
    await postToLedger('topup', { 'cash:stripe': parseUsd('20'), prepaid_credit: pusd(0n - parseUsd('20')) })
    await refreshAt(NOVEMBER)
    expect(await standing()).toMatchObject({ line: STARTER, cap: parseUsd('25'), owed: 0n - parseUsd('20') })
  })

  it('is nothing but the balance after a dispute', async () => {
    await addCard()
    await owner.query('UPDATE billing_account SET prepaid_only_since = now() WHERE org_id = $1', [org.id])
    await postToLedger('topup', { 'cash:stripe': parseUsd('7'), prepaid_credit: pusd(0n - parseUsd('7')) })
    await refreshAt(NOVEMBER)
    expect(await standing()).toMatchObject({ line: 0n, cap: parseUsd('7') })
  })

  it('bills in the middle of the month at 80 % of the line, once, and only where there is a card', async () => {
    await use('8.01')
    await refreshAt(NOVEMBER)
    const count = async () =>
      (await owner.query('SELECT total_cents::int AS cents FROM invoice WHERE org_id = $1', [org.id])).rows
    expect(await count()).toEqual([])
    await addCard()
    await refreshAt(NOVEMBER)
    await refreshAt(NOVEMBER)
    expect(await count()).toEqual([{ cents: 801 }])
    expect(await standing()).toMatchObject({ cap: parseUsd('10'), owed: parseUsd('8.01') })
  })

  it('tells whoever pays of an invoice in the middle of the month, once', async () => {
    await addCard()
    await use('8.01')
    await Promise.all([refreshAt(NOVEMBER), refreshAt(NOVEMBER)])
    await refreshAt(NOVEMBER)
    expect(mails).toMatchObject([
      {
        to: `${org.slug}@example.test`,
        subject: expect.stringMatching(/^Interim invoice .+ over \$8\.01$/) as string,
        text: expect.stringContaining(`http://dashboard.test/${org.slug}/invoices/`) as string,
      },
    ])
  })

  it('walks through dunning by the clock, tells each stage once, and comes all the way back with the payment', async () => {
    await addCard()
    const invoiceId = await failInvoice('4')
    const walked = []
    for (const day of [0, 1, 3, 7, 14, 30]) {
      await refreshAt(IN_DECEMBER + day * DAY_MS)
      await refreshAt(IN_DECEMBER + day * DAY_MS)
      const { stage, status, line } = await standing()
      walked.push([day, stage, status, line / PUSD_PER_CENT])
    }
    expect(walked).toEqual([
      [0, 'notice', 'active', 1_000n],
      [1, 'notice', 'active', 1_000n],
      [3, 'no_new_keys', 'active', 1_000n],
      [7, 'line_halved', 'active', 500n],
      [14, 'suspended', 'suspended', 500n],
      [30, 'uncollectible', 'suspended', 500n],
    ])
    expect(mails.map(({ subject }) => subject.replace(/^.*2026-11 /, ''))).toEqual([
      'could not be charged',
      'is overdue: no new keys',
      'is overdue: half of the credit line',
      'is overdue: calls are refused',
      'was given up',
    ])
    await pay(invoiceId, '4')
    await refreshAt(IN_DECEMBER + 30 * DAY_MS)
    expect(await standing()).toMatchObject({ stage: 'none', status: 'active', line: parseUsd('50') })
  })

  it('does not wake an organization that is being deleted, nor one that was suspended for something else', async () => {
    const invoiceId = await failInvoice('4')
    await refreshAt(IN_DECEMBER + 14 * DAY_MS)
    await owner.query(
      `UPDATE organization SET deletion_requested_at = now(), deletion_due_at = now() + interval '7 days' WHERE id = $1`,
      [org.id],
    )
    await pay(invoiceId, '4')
    await refreshAt(IN_DECEMBER + 14 * DAY_MS)
    expect(await standing()).toMatchObject({ stage: 'none', status: 'suspended' })
    await owner.query(`UPDATE organization SET deletion_requested_at = NULL, deletion_due_at = NULL WHERE id = $1`, [
      org.id,
    ])
    expect((await standing()).status).toBe('active')
    await owner.query(`UPDATE organization SET status = 'suspended' WHERE id = $1`, [org.id])
    await refreshAt(IN_DECEMBER + 14 * DAY_MS)
    expect((await standing()).status).toBe('suspended')
  })
})
