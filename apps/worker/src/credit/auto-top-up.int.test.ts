import type { Pool } from '@atpar/db/pool'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createOrg, type TestOrg } from '../../test/books.ts'
import { addCard, balancesOf, startStripeWorld, type StripeWorld } from '../../test/stripe-world.ts'
import { syncCustomer } from '../collect/account.ts'
import { syncIntent } from '../collect/find-payment.ts'
import { takeUntold, topUpBalances } from './auto-top-up.ts'

vi.setConfig({ testTimeout: 30_000 })

let owner: Pool
let worker: Pool
let world: StripeWorld
let org: TestOrg

beforeAll(async () => {
  world = await startStripeWorld()
  ;({ owner, worker } = world)
}, 60_000)
afterAll(() => world.stop())
beforeEach(async () => {
  await owner.query('UPDATE auto_top_up SET is_enabled = false')
  org = await createOrg(owner)
  await owner.query('INSERT INTO credit_standing (org_id, starter_pusd, line_pusd) VALUES ($1, 0, 0)', [org.id])
  await owner.query(
    'INSERT INTO auto_top_up (org_id, is_enabled, threshold_cents, amount_cents, daily_cap_cents) VALUES ($1, true, 500, 2000, 4000)',
    [org.id],
  )
})
afterEach(() => world.simulators.stripe.faults.clear())

const withCard = async (card?: string): Promise<void> => {
  const customerId = await addCard(world, owner, { id: org.id, ...(card === undefined ? {} : { card }) })
  await syncCustomer(world.deps, customerId)
}
const intents = () =>
  [...world.simulators.stripe.world.tables.paymentIntents.values()].filter((intent) =>
    topUpIds.has(intent.metadata['topup_id'] ?? ''),
  )
let topUpIds = new Set<string>()
const topUps = async () => {
  const { rows } = await owner.query<{ id: string; state: string; intent: string | null }>(
    'SELECT id, state, stripe_payment_intent_id AS intent FROM topup WHERE org_id = $1 ORDER BY created_at',
    [org.id],
  )
  topUpIds = new Set(rows.map((row) => row.id))
  return rows
}
const prepaid = async () => (await balancesOf(owner, org.id))['prepaid_credit'] ?? 0n
const makeDue = () => owner.query('UPDATE topup SET next_attempt_at = now()')

describe('an automatic top-up', () => {
  it('charges a low balance once, by however many workers and webhooks', async () => {
    await withCard()
    await Promise.all([topUpBalances(world.deps), topUpBalances(world.deps)])
    await makeDue()
    await Promise.all([topUpBalances(world.deps), topUpBalances(world.deps)])
    const [made, ...others] = await topUps()
    expect(others).toEqual([])
    expect(made).toMatchObject({ state: 'succeeded' })
    for (let heard = 0; heard < 3; heard += 1) await syncIntent(world.deps, made?.intent ?? '')
    expect(intents()).toHaveLength(1)
    expect(await prepaid()).toBe(-2_000n)
  })

  it('charges once when Stripe remembers the charge as failed', async () => {
    await withCard()
    world.simulators.stripe.faults.add({
      kind: 'stored_500',
      match: { method: 'POST', path: '/v1/payment_intents' },
      times: 1,
    })
    await topUpBalances(world.deps)
    expect(await prepaid()).toBe(0n)
    await makeDue()
    await topUpBalances(world.deps)
    expect((await topUps()).map(({ state }) => state)).toEqual(['succeeded'])
    expect(intents()).toHaveLength(1)
    expect(await prepaid()).toBe(-2_000n)
  })

  it('stops after one declined card and credits nothing, until a person opens the next epoch', async () => {
    await withCard('pm_card_chargeCustomerFail')
    for (let run = 0; run < 3; run += 1) {
      await topUpBalances(world.deps)
      await makeDue()
    }
    expect((await topUps()).map(({ state }) => state)).toEqual(['failed'])
    expect(await prepaid()).toBe(0n)
    const { rows } = await owner.query(
      'SELECT paused_at IS NOT NULL AS paused, pause_reason FROM auto_top_up WHERE org_id = $1',
      [org.id],
    )
    expect(rows).toEqual([{ paused: true, pause_reason: 'the card was declined.' }])
    const told = await takeUntold(worker)
    expect(told.filter((topUp) => topUp.org_id === org.id)).toMatchObject([{ state: 'failed', cents: '2000' }])
    expect((await takeUntold(worker)).filter((topUp) => topUp.org_id === org.id)).toEqual([])
  })

  it('credits nothing while the bank wants its owner, and waits for a person', async () => {
    await withCard('pm_card_authenticationRequired')
    await topUpBalances(world.deps)
    await makeDue()
    await topUpBalances(world.deps)
    expect(await topUps()).toHaveLength(1)
    expect((await topUps())[0]?.state).not.toBe('succeeded')
    expect(await prepaid()).toBe(0n)
    const { rows } = await owner.query('SELECT paused_at IS NOT NULL AS paused FROM auto_top_up WHERE org_id = $1', [
      org.id,
    ])
    expect(rows).toEqual([{ paused: true }])
  })

  it('does nothing without a card', async () => {
    await topUpBalances(world.deps)
    expect(await topUps()).toEqual([])
  })
})
