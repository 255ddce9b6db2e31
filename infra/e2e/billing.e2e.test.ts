import { createPool, type Pool } from '@atpar/db/pool'
import { launchChromium } from '@atpar/testkit/chromium'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closeMonth } from '../operator/close-month.ts'
import { stripeClockAt, type MoveClockOptions } from '../operator/move-clock.ts'
import { waitUntilSettled } from '../system/settled.ts'
import { startSystem, type RunningSystem } from '../system/start-system.ts'
import { playTraffic, type PlannedCall } from '../system/traffic.ts'
import { payWith, type StripeCard } from './pay-at-stripe.ts'
import { signUp } from './sign-up.ts'

const SLOW = 180_000
/** Most of it is the worker's ten seconds between two looks; the rest is for a machine that is busy. */
const PATIENT = { timeout: 90_000, interval: 500 }

let system: RunningSystem
let browser: Browser
let page: Page
let pool: Pool
let clock: MoveClockOptions

interface Customer {
  readonly slug: string
  readonly orgId: string
  readonly key: string
}
let paying: Customer

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
}, SLOW)

afterAll(async () => {
  await browser.close()
  await pool.end()
  await system.stop()
}, SLOW)

describe('a month', () => {
  test(
    "is charged to the card that its owner typed at Stripe, and the invoice's page says so",
    { timeout: SLOW },
    async () => {
      await addCard(paying, '4242424242424242')
      await use(paying, 30)
      const invoice = await close(paying)
      const address = at(paying, `invoices/${invoice.id}`)
      await waitToRead(address, /^Paid$/)
      expect(invoice.totalCents).toBeGreaterThan(100n)
      const [charge, ...others] = [...stripe().world.tables.charges.values()]
      expect(others).toEqual([])
      expect(charge?.status).toBe('succeeded')
      expect(BigInt(charge?.amount ?? 0)).toBe(invoice.totalCents)
      expect(await balancesOf(paying)).not.toHaveProperty('ar_open')
    },
  )
})
