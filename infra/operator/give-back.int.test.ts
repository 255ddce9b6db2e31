import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { billingPeriodOf } from '@atpar/core/usage-event'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closeAll } from '../system/close-all.ts'
import { giveCard } from '../system/give-card.ts'
import { proveOne } from '../system/scenarios/scenario.ts'
import { DEAR_CALLS } from '../system/scenarios/stripe.ts'
import { waitFor } from '../system/scenarios/wait-for.ts'
import { waitUntilSettled } from '../system/settled.ts'
import { startSystem, type RunningSystem } from '../system/start-system.ts'
import { createTenant, type SeededTenant } from '../system/tenant.ts'
import { playTraffic } from '../system/traffic.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const PATIENT = { timeout: 120_000, interval: 250 }

describe('what an operator gives back of a paid invoice', () => {
  let system: RunningSystem
  let tenant: SeededTenant
  let number: string

  const operate = async (...parameters: readonly string[]): Promise<string> => {
    const env = {
      NODE_ENV: 'test' as const,
      DATABASE_URL: system.database.urlFor('worker'),
      REDIS_URL: system.redis.url,
    }
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...parameters], { env })
    return stdout.trim()
  }
  const one = async <Row extends object>(sql: string): Promise<Row | undefined> =>
    (await system.owner.query<Row>(sql, [tenant.orgId])).rows[0]

  beforeAll(async () => {
    system = await startSystem({ worker: true, stripe: true })
    tenant = await createTenant(system.owner, { name: 'give-back' })
    await giveCard(system, tenant)
    await playTraffic(DEAR_CALLS, { proxyUrl: system.proxyUrls[0] ?? '', key: tenant.key, concurrency: 8 })
    await waitUntilSettled(system)
    await closeAll(system, [tenant], [billingPeriodOf(Date.now())])
    const state =
      'SELECT c.state, i.number FROM invoice_collection c JOIN invoice i ON i.id = c.invoice_id WHERE c.org_id = $1'
    await waitFor(
      'the invoice to be paid',
      PATIENT.timeout,
      async () => (await one<{ state: string }>(state))?.state === 'paid',
    )
    number = (await one<{ number: string }>(state))?.number ?? ''
  }, 240_000)
  afterAll(() => system.stop())

  it('goes back to the card, at the platform’s expense', { timeout: 180_000 }, async () => {
    expect(await operate('refund', '--invoice', number, '--amount', '0.40', '--reason', 'A slow day')).toContain(
      '$0.40',
    )
    await expect
      .poll(() => one('SELECT state, amount_cents::int AS cents FROM refund WHERE org_id = $1'), PATIENT)
      .toEqual({ state: 'succeeded', cents: 40 })
    await expect(
      operate('refund', '--invoice', number, '--amount', '1000', '--reason', 'Too much'),
    ).rejects.toMatchObject({
      stdout: expect.stringContaining('is left of that payment') as string,
    })
    await expect(operate('refund', '--invoice', 'NOBODY-1', '--reason', 'x')).rejects.toMatchObject({
      stdout: expect.stringContaining('Nothing was paid for an invoice NOBODY-1') as string,
    })
  })

  it(
    'by a credit note lowers what the invoice claims, once however often it is said',
    { timeout: 180_000 },
    async () => {
      const note = ['credit-note', '--invoice', number, '--amount', '0.50', '--reason', 'Billed twice'] as const
      expect(await operate(...note)).toContain('goes back to the card')
      expect(await operate(...note)).toContain('before')
      await expect
        .poll(() => one('SELECT way, state FROM credit_note_settlement WHERE org_id = $1'), PATIENT)
        .toEqual({ way: 'refund', state: 'settled' })
      expect(await operate(...note.with(4, '0.10'), '--to', 'balance')).toContain('in the prepaid balance')
      await expect
        .poll(
          () =>
            one(`SELECT count(*)::int AS notes FROM credit_note_settlement WHERE org_id = $1 AND state = 'settled'`),
          PATIENT,
        )
        .toEqual({ notes: 2 })
      const balance = await one(
        `SELECT trunc(-sum(amount_pusd) / 10000000000)::int AS cents FROM ledger_entry WHERE org_id = $1 AND account = 'prepaid_credit'`,
      )
      expect(balance).toEqual({ cents: 10 })
      expect(await proveOne(system, tenant.slug)).toEqual([])
    },
  )
})
