import { ensureCustomer } from '@atpar/billing/customers'
import type { Pool } from '@atpar/db/pool'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createOrg, type TestOrg } from '../../test/books.ts'
import { addCard, startStripeWorld, type StripeWorld } from '../../test/stripe-world.ts'
import { ensureAccount } from './account.ts'
import { collectDue } from './sweep.ts'

vi.setConfig({ testTimeout: 30_000 })

let owner: Pool
let world: StripeWorld
let org: TestOrg

beforeAll(async () => {
  world = await startStripeWorld()
  ;({ owner } = world)
}, 60_000)
afterAll(() => world.stop())
beforeEach(async () => {
  org = await createOrg(owner)
})
afterEach(() => world.simulators.stripe.faults.clear())

/** As the billing screen leaves it. */
const change = (taxId: { kind: string; value: string } | null, name = 'Acme Robotics GmbH') =>
  owner.query(
    `INSERT INTO billing_account (org_id, legal_name, country, tax_id_kind, tax_id, tell_details_at) VALUES ($1, $2, 'DE', $3, $4, now())
    ON CONFLICT (org_id) DO UPDATE SET legal_name = $2, country = 'DE', tax_id_kind = $3, tax_id = $4, tax_id_refusal = NULL, tell_details_at = now()`,
    [org.id, name, taxId?.kind ?? null, taxId?.value ?? null],
  )
const taxIds = async (customerId: string) =>
  (await world.stripe.customers.listTaxIds(customerId)).data.map(({ type, value }) => [type, value])
const told = async () => {
  const { rows } = await owner.query<{ done: boolean; refusal: string | null }>(
    'SELECT tell_details_at IS NULL AS done, tax_id_refusal AS refusal FROM billing_account WHERE org_id = $1',
    [org.id],
  )
  return rows[0]
}
const VAT = { kind: 'eu_vat', value: 'DE123456789' }

describe('billing details changed on the screen', () => {
  it('reach the customer at Stripe, the tax id once and in place of the former one', async () => {
    const customerId = await addCard(world, owner, org)
    await change(VAT)
    await Promise.all([collectDue(world.deps), collectDue(world.deps)])
    await collectDue(world.deps)
    expect(await world.stripe.customers.retrieve(customerId)).toMatchObject({
      name: 'Acme Robotics GmbH',
      address: { country: 'DE' },
    })
    expect([await taxIds(customerId), await told()]).toEqual([
      [['eu_vat', 'DE123456789']],
      { done: true, refusal: null },
    ])
    await change({ kind: 'eu_vat', value: 'DE987654321' }, 'Acme AG')
    await collectDue(world.deps)
    expect(await taxIds(customerId)).toEqual([['eu_vat', 'DE987654321']])
    await change(null)
    await collectDue(world.deps)
    expect(await taxIds(customerId)).toEqual([])
  })

  it('are told again after Stripe did not answer', async () => {
    const customerId = await addCard(world, owner, org)
    await change(VAT)
    world.simulators.stripe.faults.add({ kind: 'error_500', match: { path: '/v1/customers/:id/tax_ids' }, times: 1 })
    await collectDue(world.deps)
    expect([await taxIds(customerId), (await told())?.done]).toEqual([[], false])
    await owner.query('UPDATE billing_account SET tell_details_at = now() WHERE org_id = $1', [org.id])
    await collectDue(world.deps)
    expect([await taxIds(customerId), (await told())?.done]).toEqual([[['eu_vat', 'DE123456789']], true])
  })

  it('with a tax id that cannot be one say so, and are not asked again', async () => {
    const customerId = await addCard(world, owner, org)
    await change({ kind: 'eu_vat', value: 'nonsense' })
    await collectDue(world.deps)
    expect([await taxIds(customerId), await told()]).toEqual([
      [],
      { done: true, refusal: 'tax_id_invalid: Invalid value for eu_vat.' },
    ])
  })

  it('of two installations on one Stripe account never meet in one customer, though an organization has one id in both', async () => {
    const elsewhere = await ensureCustomer(world.stripe, { installationId: 'another', orgId: org.id })
    const here = await ensureAccount(world.deps, org.id)
    expect(here).not.toBe(elsewhere)
    await owner.query('UPDATE billing_account SET stripe_customer_id = NULL WHERE org_id = $1', [org.id])
    expect(await ensureAccount(world.deps, org.id)).toBe(here)
    expect(await ensureCustomer(world.stripe, { installationId: 'another', orgId: org.id })).toBe(elsewhere)
  })

  it('wait for a customer to be made, and are on its first invoice', async () => {
    await change(VAT)
    await collectDue(world.deps)
    expect((await told())?.done).toBe(false)
    expect(await taxIds(await ensureAccount(world.deps, org.id))).toEqual([['eu_vat', 'DE123456789']])
    expect((await told())?.done).toBe(true)
  })
})
