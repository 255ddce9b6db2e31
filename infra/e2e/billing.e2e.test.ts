import { createPool, type Pool } from '@atpar/db/pool'
import { createProducer, type Producer } from '@atpar/queue/producer'
import { launchChromium } from '@atpar/testkit/chromium'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closeMonth } from '../operator/close-month.ts'
import { moveClockBy, stripeClockAt, type MoveClockOptions } from '../operator/move-clock.ts'
import { proveOrganization } from '../operator/prove-organization.ts'
import { refundPayment } from '../operator/refund-payment.ts'
import { waitUntilSettled } from '../system/settled.ts'
import { startSystem, type RunningSystem } from '../system/start-system.ts'
import { playTraffic, type PlannedCall } from '../system/traffic.ts'
import { payWith, type StripeCard } from './pay-at-stripe.ts'
import { signUp } from './sign-up.ts'

const SLOW = 180_000
const SLOWLY = { timeout: 300_000 }
/** Most of it is the worker's ten seconds between two looks; the rest is for a machine that is busy. */
const PATIENT = { timeout: 90_000, interval: 500 }

let system: RunningSystem
let browser: Browser
let page: Page
let pool: Pool
let producer: Producer
let clock: MoveClockOptions

interface Customer {
  readonly slug: string
  readonly orgId: string
  readonly key: string
}
let paying: Customer
let failing: Customer
let prepaying: Customer

const stripe = () => {
  if (system.simulators === null) throw new TypeError('Stripe is simulated here')
  return system.simulators.stripe
}

const at = (customer: Customer, path: string): string => `${system.dashboardUrl}/${customer.slug}/${path}`

/** What the page says there, once it says so: read again until it does. */
const waitToRead = (address: string, text: string | RegExp) =>
  expect
    .poll(async () => {
      await page.goto(address)
      return page.getByText(text).first().isVisible()
    }, PATIENT)
    .toBe(true)

/** From the start page of a new organization. */
const takeKey = async (slug: string): Promise<Customer> => {
  await page.getByRole('button', { name: 'Create your key' }).click()
  const key = await page.getByTestId('new-key').innerText()
  const { rows } = await system.owner.query<{ id: string }>('SELECT id FROM organization WHERE slug = $1', [slug])
  return { slug, orgId: rows[0]?.id ?? '', key }
}

const found = async (organization: string): Promise<Customer> => {
  await page.goto(`${system.dashboardUrl}/new-organization`)
  await page.getByLabel('Organization').fill(organization)
  await page.getByRole('button', { name: 'Create organization' }).click()
  await page.waitForURL('**/start')
  return takeKey(new URL(page.url()).pathname.split('/')[1] ?? '')
}

const addCard = async (customer: Customer, card: StripeCard): Promise<void> => {
  await page.goto(at(customer, 'settings/billing'))
  await page.getByRole('button', { name: 'Add a card' }).click()
  await payWith(page, card)
  await page.waitForURL('**/settings/billing**')
  await page.getByText(`ending in ${card.slice(-4)}`).waitFor(PATIENT)
}

/** About 4 cents each. */
const use = async (customer: Customer, calls: number): Promise<void> => {
  const call: PlannedCall = {
    kind: 'plain',
    dialect: 'openai-chat',
    model: 'gpt-4o',
    stream: false,
    directive: { tokens: 4_000 },
    maxTokens: 4_000,
    abortAfterEvents: null,
  }
  await playTraffic(Array<PlannedCall>(calls).fill(call), {
    proxyUrl: system.proxyUrls[0] ?? '',
    key: customer.key,
    concurrency: 8,
  })
  await waitUntilSettled(system)
}

const close = async (customer: Customer) => {
  const closed = await closeMonth({ ...clock, orgSlug: customer.slug, mayMoveClock: true })
  if (closed.kind !== 'closed') throw new Error(closed.reason)
  return closed.invoice
}

/** In whole cents; accounts of zero left out. */
const balancesOf = async ({ orgId }: Customer): Promise<Readonly<Record<string, bigint>>> => {
  const { rows } = await system.owner.query<{ account: string; cents: string }>(
    `SELECT account, trunc(sum(amount_pusd) / 10000000000)::text AS cents FROM ledger_entry WHERE org_id = $1 GROUP BY account HAVING sum(amount_pusd) <> 0`,
    [orgId],
  )
  return Object.fromEntries(rows.map((row) => [row.account, BigInt(row.cents)]))
}

beforeAll(async () => {
  ;[system, browser] = await Promise.all([
    startSystem({ worker: true, dashboard: true, stripe: true }),
    launchChromium(),
  ])
  pool = createPool({ url: system.database.urlFor('worker'), max: 2, applicationName: 'billing-test' })
  producer = createProducer({ url: system.redis.url, onError: () => {} })
  clock = {
    pool,
    // Proxies and dashboard find out by themselves within two seconds.
    publishChange: () => Promise.resolve(),
    moveStripe: stripeClockAt(system.simulators?.url ?? ''),
    log: () => {},
  }
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage()
  paying = await takeKey(
    await signUp(page, system, { name: 'Grace Hopper', email: 'grace@example.test', organization: 'Compilers Inc' }),
  )
  ;[failing, prepaying] = [await found('Unlucky Ltd'), await found('Forward Co')]
}, SLOW)

afterAll(async () => {
  await browser.close()
  await producer.close()
  await pool.end()
  await system.stop()
}, SLOW)

/** What a small call of a customer is answered. */
const ask = async (customer: Customer): Promise<string> => {
  const answer = await fetch(`${system.proxyUrls[0]}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${customer.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 5 }),
  })
  const text = await answer.text()
  return `${answer.status}${/billing_suspended/.exec(text)?.[0] ?? ''}`
}

describe('a month', () => {
  let invoice: Awaited<ReturnType<typeof close>>

  test("is charged to the card that its owner typed at Stripe, and the invoice's page says so", SLOWLY, async () => {
    await addCard(paying, '4242424242424242')
    await addCard(failing, '4000000000000341')
    await Promise.all([use(paying, 30), use(failing, 30)])
    invoice = await close(paying)
    await waitToRead(at(paying, `invoices/${invoice.id}`), /^Paid$/)
    const succeeded = [...stripe().world.tables.charges.values()].filter((charge) => charge.status === 'succeeded')
    expect(succeeded.map((charge) => BigInt(charge.amount))).toEqual([invoice.totalCents])
    expect(await balancesOf(paying)).not.toHaveProperty('ar_open')
  })

  test('is partly given back and then disputed, and every cent of it is where it belongs', SLOWLY, async () => {
    const [before, invoiceNumber] = [await balancesOf(paying), invoice.number]
    const cash = before['cash:stripe'] ?? 0n
    await refundPayment({ pool, invoiceNumber, amount: '0.50', reason: 'Goodwill', log: () => {} })
    await expect.poll(() => balancesOf(paying), PATIENT).toMatchObject({ refunds: 50n, 'cash:stripe': cash - 50n })

    const charge = [...stripe().world.tables.charges.values()].find((each) => each.status === 'succeeded')
    const dispute = stripe().openDispute(charge?.id ?? '')
    const disputed = BigInt(dispute.amount)
    await expect.poll(() => balancesOf(paying), PATIENT).toMatchObject({ disputed })
    stripe().closeDispute(dispute.id, 'lost')
    await expect.poll(() => balancesOf(paying), PATIENT).toMatchObject({ written_off: disputed })
    expect(await balancesOf(paying)).not.toHaveProperty('disputed')

    await producer.add('sweep-stripe', {})
    await expect
      .poll(
        async () => (await proveOrganization(pool, paying.slug)).lines.find((line) => line.includes(' P4 ')),
        PATIENT,
      )
      .toMatch(/P4 holds$/)
  })

  test('whose card is declined leads to 402 two weeks later, and ends with the payment', SLOWLY, async () => {
    const { id } = await close(failing)
    await waitToRead(at(failing, `invoices/${id}`), 'Charge failed')
    expect(await ask(failing)).toBe('200')
    await moveClockBy(clock, '14d')
    await expect.poll(() => ask(failing), PATIENT).toBe('402billing_suspended')
    await page.goto(at(failing, 'settings/billing'))
    await page.getByRole('link', { name: 'Pay now' }).click()
    await payWith(page, '4242424242424242')
    await expect.poll(() => ask(failing), PATIENT).toBe('200')
    await waitToRead(at(failing, `invoices/${id}`), /^Paid$/)
  })
})

describe('a prepaid balance', () => {
  const topUps = async () =>
    (
      await system.owner.query<{ state: string; cents: string; automatic: boolean }>(
        `SELECT state, amount_cents::text AS cents, trigger_epoch IS NOT NULL AS automatic FROM topup WHERE org_id = $1 ORDER BY created_at`,
        [prepaying.orgId],
      )
    ).rows
  const byHand = { state: 'succeeded', cents: '500', automatic: false }

  test('grows by what was paid at Stripe', SLOWLY, async () => {
    await page.goto(at(prepaying, 'settings/billing'))
    await page.getByLabel('Top up', { exact: true }).fill('5')
    await page.getByRole('button', { name: 'Pay at Stripe' }).click()
    await payWith(page, '4242424242424242')
    await page.waitForURL('**/settings/billing**')
    await page.getByText('Credited').waitFor(PATIENT)
    expect(await topUps()).toEqual([byHand])
    expect(await balancesOf(prepaying)).toMatchObject({ prepaid_credit: -500n })
  })

  test('tops itself up once when usage takes it below its trigger, however often Stripe says so', SLOWLY, async () => {
    await addCard(prepaying, '4242424242424242')
    await page.getByRole('checkbox', { name: /Top up by itself/ }).check()
    await page.getByLabel('Below').fill('4')
    await page.getByLabel('Add', { exact: true }).fill('10')
    await page.getByLabel('At most a day').fill('50')
    await page.getByRole('button', { name: 'Save', exact: true }).first().click()
    await page.getByText('Tops itself up').waitFor(PATIENT)
    stripe().faults.add({ kind: 'webhook_duplicate', times: 50 })
    await use(prepaying, 30)
    const once = [byHand, { state: 'succeeded', cents: '1000', automatic: true }]
    await expect.poll(topUps, PATIENT).toEqual(once)
    await stripe().idle()
    for (const event of stripe().world.tables.events.values())
      if (event.type === 'payment_intent.succeeded') stripe().redeliver(event.id)
    await stripe().idle()
    await expect
      .poll(
        async () => (await system.owner.query('SELECT 1 FROM stripe_event WHERE applied_at IS NULL')).rowCount,
        PATIENT,
      )
      .toBe(0)
    expect(await topUps()).toEqual(once)
    expect(await balancesOf(prepaying)).toMatchObject({ prepaid_credit: -1_500n })
  })
})
