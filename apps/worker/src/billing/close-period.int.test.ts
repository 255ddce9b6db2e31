import { createHash, randomUUID } from 'node:crypto'
import { pusd } from '@atpar/core/money'
import { holds } from '@atpar/core/proofs'
import { createPool, type Pool } from '@atpar/db/pool'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createOrg, eventOf, type TestOrg } from '../../test/books.ts'
import { closePeriod, type CloseInput, type CloseResult } from './close-period.ts'
import { postAllUsage } from './post-ledger.ts'
import { proveAll } from './prove.ts'

const NOVEMBER = '2026-11-01'
const IN_DECEMBER = Date.UTC(2026, 11, 1, 2)

let database: TestDatabase
let owner: Pool
let worker: Pool
let shipper: Pool
let org: TestOrg

beforeAll(async () => {
  database = await createTestDatabase()
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test-owner' })
  worker = createPool({ url: database.urlFor('worker'), max: 8, applicationName: 'test-worker' })
  shipper = createPool({ url: database.urlFor('shipper'), max: 4, applicationName: 'test-shipper' })
}, 60_000)
afterAll(async () => {
  await Promise.all([owner.end(), worker.end(), shipper.end()])
  await database.drop()
})
beforeEach(async () => {
  org = await createOrg(owner)
  await owner.query('DELETE FROM proxy_boot')
})

const inputOf = (overrides: Partial<CloseInput> = {}): CloseInput => ({
  orgId: org.id,
  period: NOVEMBER,
  nowMs: IN_DECEMBER,
  graceMs: 3_600_000,
  minimumCents: 50n,
  ...overrides,
})
const close = (overrides: Partial<CloseInput> = {}): Promise<CloseResult> => closePeriod(worker, inputOf(overrides))
const closed = async (overrides: Partial<CloseInput> = {}) => {
  const result = await close(overrides)
  if (result.kind !== 'closed') throw new Error(`blocked: ${result.reason}`)
  return result
}
const blockedBecause = async (overrides: Partial<CloseInput> = {}): Promise<string> => {
  const result = await close(overrides)
  return result.kind === 'blocked' ? result.reason : 'not blocked'
}
const proofsOf = async (period = NOVEMBER) =>
  Object.fromEntries((await proveAll(worker, { orgId: org.id, period })).map((result) => [result.proof, holds(result)]))

describe('closing a period', () => {
  it('issues one invoice whose lines are the usage, with the ledger and the proofs to match', async () => {
    await ingestUsageEvents(shipper, {
      events: [
        eventOf(org),
        eventOf(org),
        eventOf(org, {
          modelId: 'claude',
          provider: 'anthropic',
          billedPusd: pusd(500_000_000_000n),
          absorbedPusd: pusd(7n),
          absorbedReason: 'lost_attempt',
        }),
        eventOf(org, { funding: 'byok', billedPusd: pusd(0n), costPusd: pusd(99n) }),
      ],
    })
    const { invoice, isNew } = await closed()
    expect(isNew).toBe(true)
    expect(invoice).toMatchObject({
      number: `ATPAR-${org.slug}-2026-11`,
      status: 'finalised',
      totalCents: 296n,
      usagePusd: 2_960_000_000_246n,
    })
    const { rows: lines } = await owner.query(
      'SELECT kind, model_id, provider, units, amount_pusd::text AS amount, cents::int FROM invoice_line WHERE invoice_id = $1 ORDER BY position',
      [invoice.id],
    )
    expect(lines).toEqual([
      {
        kind: 'usage',
        model_id: 'gpt-4o-mini',
        provider: 'openai',
        units: { input_uncached: 2_000, output_text: 40, searches: 2 },
        amount: '2460000000246',
        cents: 246,
      },
      {
        kind: 'usage',
        model_id: 'claude',
        provider: 'anthropic',
        units: { input_uncached: 1_000, output_text: 20, searches: 1 },
        amount: '500000000000',
        cents: 50,
      },
      { kind: 'carry_over', model_id: null, provider: null, units: {}, amount: '-246', cents: 0 },
    ])
    const { rows: balances } = await owner.query(
      'SELECT account, sum(amount_pusd)::text AS balance FROM ledger_entry WHERE org_id = $1 GROUP BY account ORDER BY account',
      [org.id],
    )
    expect(balances).toEqual([
      { account: 'absorbed', balance: '7' },
      { account: 'ar_open', balance: '2960000000000' },
      { account: 'carry_over', balance: '246' },
      { account: 'provider_payable:anthropic', balance: '-500000000007' },
      { account: 'provider_payable:openai', balance: '-2460000000246' },
      { account: 'unbilled_usage', balance: '0' },
    ])
    expect(await proofsOf()).toEqual({ P1: true, P2: true, P3: true, P5: true, P6: true, P7: true })
  })

  it('keeps the document as issued: hash, escaped name, markup of nothing, no script', async () => {
    await ingestUsageEvents(shipper, { events: [eventOf(org)] })
    const { invoice } = await closed()
    const { rows } = await owner.query<{ html: string; pdf: Buffer }>(
      'SELECT html, pdf FROM invoice_document WHERE invoice_id = $1',
      [invoice.id],
    )
    const html = rows[0]?.html ?? ''
    expect(rows[0]?.pdf.subarray(0, 5).toString()).toBe('%PDF-')
    expect(createHash('sha256').update(html).digest('hex')).toBe(invoice.documentSha256)
    expect(html).toContain('Acme &#38; Söhne &#60;b&#62;')
    expect(html).toContain('Statement of par')
    expect(html).toContain('$1.230000000123')
    expect(html).not.toMatch(/<script|https?:\/\//)
  })

  it('returns the same invoice when run again, also by two at once', async () => {
    await ingestUsageEvents(shipper, { events: [eventOf(org)] })
    const both = await Promise.all([closed(), closed()])
    const again = await closed({ nowMs: IN_DECEMBER + 86_400_000 })
    expect(new Set([...both, again].map((each) => each.invoice.documentSha256)).size).toBe(1)
    expect(both.filter((each) => each.isNew)).toHaveLength(1)
    expect(again.isNew).toBe(false)
    const { rows } = await owner.query('SELECT count(*)::int AS invoices FROM invoice WHERE org_id = $1', [org.id])
    expect(rows).toEqual([{ invoices: 1 }])
  })

  it('bills an event that came too late in the next period, on a line of its own, and leaves the issued invoice alone', async () => {
    await ingestUsageEvents(shipper, { events: [eventOf(org)] })
    const { invoice } = await closed()
    await ingestUsageEvents(shipper, {
      events: [
        eventOf(org, { billedPusd: pusd(700_000_000_000n) }),
        eventOf(org, { startedAtMs: Date.UTC(2026, 11, 5) }),
      ],
    })
    expect(await proofsOf()).toEqual({ P1: true, P2: true, P3: true, P5: true, P6: true, P7: true })
    const december = await closed({ period: '2026-12-01', nowMs: Date.UTC(2027, 0, 1, 2) })
    expect(december.invoice.usagePusd).toBe(1_930_000_000_123n)
    const { rows } = await owner.query(
      'SELECT kind, billing_period::text, amount_pusd::text AS amount FROM invoice_line WHERE invoice_id = $1 ORDER BY position',
      [december.invoice.id],
    )
    expect(rows).toEqual([
      { kind: 'usage', billing_period: '2026-12-01', amount: '1230000000123' },
      { kind: 'late_usage', billing_period: NOVEMBER, amount: '700000000000' },
      { kind: 'carry_over', billing_period: '2026-12-01', amount: '123' },
      { kind: 'carry_over', billing_period: '2026-12-01', amount: '-246' },
    ])
    expect(await proofsOf('2026-12-01')).toEqual({ P1: true, P2: true, P3: true, P5: true, P6: true, P7: true })
    expect((await closed()).invoice).toEqual(invoice)
  })

  it('carries a total below the minimum forward instead of collecting it', async () => {
    await ingestUsageEvents(shipper, { events: [eventOf(org, { billedPusd: pusd(499_999_999_999n) })] })
    expect((await closed()).invoice).toMatchObject({ status: 'carried', totalCents: 0n })
    await ingestUsageEvents(shipper, {
      events: [eventOf(org, { startedAtMs: Date.UTC(2026, 11, 5), billedPusd: pusd(10_000_000_001n) })],
    })
    expect((await closed({ period: '2026-12-01', nowMs: Date.UTC(2027, 0, 1, 2) })).invoice).toMatchObject({
      status: 'finalised',
      totalCents: 51n,
    })
  })

  it('bills no event of another organization', async () => {
    const other = await createOrg(owner)
    await ingestUsageEvents(shipper, { events: [eventOf(org), eventOf(other), eventOf(other)] })
    expect((await closed()).invoice.usagePusd).toBe(1_230_000_000_123n)
  })

  it('never counts an event both in a month that is closed meanwhile and in the next, nor in none', async () => {
    const events = Array.from({ length: 200 }, () => eventOf(org, { billedPusd: pusd(10_000_000_000n) }))
    await ingestUsageEvents(shipper, { events: events.slice(0, 20) })
    const rest = Array.from({ length: 18 }, (_, index) => events.slice(20 + index * 10, 30 + index * 10))
    const [result] = await Promise.all([
      closed(),
      ...rest.map((batch) => ingestUsageEvents(shipper, { events: batch })),
    ])
    const december = await closed({ period: '2026-12-01', nowMs: Date.UTC(2027, 0, 1, 2) })
    expect(result.invoice.usagePusd + december.invoice.usagePusd).toBe(200n * 10_000_000_000n)
    expect(await proofsOf()).toEqual({ P1: true, P2: true, P3: true, P5: true, P6: true, P7: true })
    expect(await proofsOf('2026-12-01')).toEqual({ P1: true, P2: true, P3: true, P5: true, P6: true, P7: true })
  })
})

describe('the gate of a close', () => {
  const addBoot = async (boot: {
    acked: number
    last: number
    ended?: boolean
    silentSeconds?: number
  }): Promise<string> => {
    const bootId = randomUUID()
    await owner.query(
      `INSERT INTO proxy_boot (boot_id, proxy_id, acked_seq, last_seq, ended_at, last_seen_at) VALUES ($1, 'proxy-7', $2, $3, $4, now() - make_interval(secs => $5))`,
      [bootId, boot.acked, boot.last, boot.ended === true ? new Date() : null, boot.silentSeconds ?? 0],
    )
    return bootId
  }

  it('opens only when the period and its grace are over', async () => {
    await ingestUsageEvents(shipper, { events: [eventOf(org)] })
    expect(await blockedBecause({ nowMs: Date.UTC(2026, 11, 1, 0, 59) })).toContain('the period ends at 2026-12-01')
  })

  it('waits for requests that a proxy began and Postgres has not, and stores why', async () => {
    await ingestUsageEvents(shipper, { events: [eventOf(org)] })
    const bootId = await addBoot({ acked: 4, last: 5 })
    expect(await blockedBecause()).toContain('4 of 5 are accounted for')
    const { rows } = await owner.query('SELECT proof, detail FROM proof_run WHERE org_id = $1', [org.id])
    expect(rows).toEqual([{ proof: 'gate', detail: { blockedBecause: expect.stringContaining('4 of 5') } }])
    await owner.query('UPDATE proxy_boot SET acked_seq = 5 WHERE boot_id = $1', [bootId])
    await closed()
  })

  it('waits for a dead boot whose journal is not shipped whole', async () => {
    await addBoot({ acked: 4, last: 5, ended: true })
    expect(await blockedBecause()).toContain('4 of 5 are accounted for')
  })

  it('does not wait for requests that began after the period', async () => {
    const bootId = await addBoot({ acked: 40, last: 41 })
    await ingestUsageEvents(shipper, {
      events: [eventOf(org, { startedAtMs: Date.UTC(2026, 11, 1, 1), proxyBootId: bootId, proxySeq: 41 })],
    })
    expect(await blockedBecause()).toContain('40 of 41')
    await ingestUsageEvents(shipper, {
      events: [eventOf(org, { startedAtMs: Date.UTC(2026, 11, 1, 1), proxyBootId: bootId, proxySeq: 39 })],
    })
    await closed()
  })

  it('does not trust a proxy that fell silent', async () => {
    await addBoot({ acked: 5, last: 5, silentSeconds: 60 })
    expect(await blockedBecause()).toContain('has not been heard of')
  })

  it('waits for an earlier month', async () => {
    await ingestUsageEvents(shipper, { events: [eventOf(org, { startedAtMs: Date.UTC(2026, 9, 15) }), eventOf(org)] })
    expect(await blockedBecause()).toContain('2026-10 is still open')
  })

  it('waits for a record of this organization in quarantine, and for none of another', async () => {
    await ingestUsageEvents(shipper, { events: [eventOf(org)] })
    const other = await createOrg(owner)
    const raw = `s 1 {"requestId":"${randomUUID()}","attempt":1,"orgId":"${org.id}",`
    await owner.query(`INSERT INTO usage_quarantine (id, raw, error) VALUES ($1, $2, 'The line cannot be read.')`, [
      randomUUID(),
      raw,
    ])
    expect(await blockedBecause({ orgId: other.id })).toBe('not blocked')
    expect(await blockedBecause()).toContain('in quarantine')
    await owner.query('UPDATE usage_quarantine SET resolved_at = now() WHERE raw = $1', [raw])
    await closed()
  })
})

describe('planted corruption', () => {
  const asSuperuser = (text: string, values: readonly unknown[] = [org.id]) => owner.query(text, [...values])
  const november = async (): Promise<void> => {
    await ingestUsageEvents(shipper, { events: [eventOf(org), eventOf(org)] })
  }

  it('a changed event amount fails P1 and blocks the close of this organization only', async () => {
    await november()
    const other = await createOrg(owner)
    await ingestUsageEvents(shipper, { events: [eventOf(other)] })
    await asSuperuser(
      'UPDATE usage_event SET billed_pusd = billed_pusd + 1, cost_pusd = cost_pusd + 1 WHERE org_id = $1',
    )
    expect(await blockedBecause()).toContain('proof P1 is off by')
    expect(await blockedBecause({ orgId: other.id })).toBe('not blocked')
    const { rows } = await owner.query(
      'SELECT proof, difference_pusd::text AS difference FROM proof_run WHERE org_id = $1 ORDER BY proof',
      [org.id],
    )
    expect(rows).toContainEqual({ proof: 'P1', difference: expect.not.stringMatching(/^0$/) })
    expect(rows.map((row: { proof: string }) => row.proof)).toContain('gate')
  })

  it('a deleted event fails P1', async () => {
    await november()
    await asSuperuser(
      'DELETE FROM usage_event WHERE org_id = $1 AND request_id = (SELECT min(request_id::text)::uuid FROM usage_event WHERE org_id = $1)',
    )
    expect(await blockedBecause()).toContain('proof P1')
  })

  it('roll-ups that agree in sum but sit at the wrong model fail P1', async () => {
    await november()
    await asSuperuser(`UPDATE usage_rollup_hourly SET model_id = 'other' WHERE org_id = $1`)
    expect(await blockedBecause()).toContain('proof P1')
  })

  it('a ledger posting too many fails P1', async () => {
    await november()
    await closed()
    await asSuperuser(`WITH t AS (INSERT INTO ledger_transaction (id, org_id, natural_key, kind, period) VALUES (gen_random_uuid(), $1::uuid, 'usage:' || $1::text || ':${NOVEMBER}:2026-11-30:openai:1', 'usage', '${NOVEMBER}') RETURNING id)
      INSERT INTO ledger_entry (id, org_id, transaction_id, account, amount_pusd) SELECT gen_random_uuid(), $1::uuid, t.id, e.account, e.amount FROM t, (VALUES ('unbilled_usage', 5), ('provider_payable:openai', -5)) AS e (account, amount)`)
    expect(await proofsOf()).toMatchObject({ P1: false })
  })

  it('a changed invoice fails P2', async () => {
    await november()
    await closed()
    await asSuperuser(
      'UPDATE invoice SET usage_pusd = usage_pusd + 1, carry_out_pusd = carry_out_pusd + 1 WHERE org_id = $1',
    )
    expect(await proofsOf()).toMatchObject({ P2: false, P3: true })
  })

  it('a broken carry-over chain fails P2', async () => {
    await november()
    await closed()
    await closed({ period: '2026-12-01', nowMs: Date.UTC(2027, 0, 1, 2) })
    await asSuperuser(
      `UPDATE invoice SET carry_in_pusd = carry_in_pusd + 1, carry_out_pusd = carry_out_pusd + 1 WHERE org_id = $1 AND period = '2026-12-01'`,
    )
    expect(await proofsOf('2026-12-01')).toMatchObject({ P2: false })
  })

  it('a changed line fails P3', async () => {
    await november()
    await closed()
    await asSuperuser('UPDATE invoice_line SET cents = cents + 1 WHERE org_id = $1 AND position = 1')
    expect(await proofsOf()).toMatchObject({ P2: true, P3: false })
  })

  it('a missing line fails P3', async () => {
    await november()
    await closed()
    await asSuperuser('DELETE FROM invoice_line WHERE org_id = $1 AND position = 2')
    expect(await proofsOf()).toMatchObject({ P3: false })
  })

  it('two amounts swapped behind the sums fail P5 by the evidence', async () => {
    await ingestUsageEvents(shipper, {
      events: [eventOf(org, { billedPusd: pusd(10n) }), eventOf(org, { billedPusd: pusd(20n) })],
    })
    await closed()
    await asSuperuser(
      'UPDATE usage_event SET billed_pusd = 30 - billed_pusd, cost_pusd = 30 - cost_pusd WHERE org_id = $1',
    )
    expect(await proofsOf()).toMatchObject({ P1: true, P2: true, P3: true, P5: false })
  })

  it('an event of another organization fails P5 before the close', async () => {
    const other = await createOrg(owner)
    await ingestUsageEvents(shipper, { events: [eventOf(org, { keyId: other.keyId })] })
    await postAllUsage(worker)
    expect(await proofsOf()).toEqual({ P1: true, P5: false, P6: true, P7: true })
    expect(await blockedBecause()).toContain('proof P5')
  })

  it('an event dated into another month fails P5', async () => {
    await ingestUsageEvents(shipper, {
      events: [eventOf(org, { startedAtMs: Date.UTC(2026, 9, 15), billingPeriod: NOVEMBER })],
    })
    await postAllUsage(worker)
    expect(await proofsOf()).toEqual({ P1: true, P5: false, P6: true, P7: true })
  })

  it('an event moved into an issued invoice fails P5', async () => {
    await november()
    await closed()
    await ingestUsageEvents(shipper, { events: [eventOf(org)] })
    await asSuperuser(
      `UPDATE usage_event SET invoice_period = '${NOVEMBER}' WHERE org_id = $1 AND invoice_period > '${NOVEMBER}'`,
    )
    expect(await proofsOf()).toMatchObject({ P5: false })
  })
})
