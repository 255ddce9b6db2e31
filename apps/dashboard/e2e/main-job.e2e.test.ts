import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '@atpar/testkit/chromium'
import { CALL_COST_TEXT, deliverCall, readNewestKey } from '../test/arrange.ts'
import { collectComplaints, signUp } from '../test/browse.ts'
import { startDashboard, type TestDashboard } from '../test/start-dashboard.ts'

const SLOW = 120_000
/** The promise of the usage page. */
const VISIBLE_WITHIN_MS = 5_000

let dashboard: TestDashboard
let browser: Browser
let page: Page
let complaints: readonly string[]
let orgSlug: string

beforeAll(async () => {
  ;[dashboard, browser] = await Promise.all([startDashboard('empty'), launchChromium()])
  const context = await browser.newContext()
  complaints = collectComplaints(context)
  page = await context.newPage()
}, SLOW)

afterAll(async () => {
  await browser.close()
  await dashboard.stop()
}, SLOW)

test('a stranger signs up and names an organization', { timeout: SLOW }, async () => {
  const created = await signUp(page, dashboard, {
    name: 'Ada Lovelace',
    email: 'Ada@Example.test',
    organization: 'Analytical Engines Ltd.',
  })
  orgSlug = created.orgSlug
  expect(orgSlug).toBe('analytical-engines-ltd')
})

test('the first key is shown once, in the code to paste too, and not again', { timeout: SLOW }, async () => {
  await page.getByRole('button', { name: 'Create your key' }).click()
  const key = await page.getByTestId('new-key').innerText()
  expect(key).toMatch(/^atpar_test_\w{12}_\w{49}$/)
  expect(await page.getByRole('region', { name: 'curl example' }).innerText()).toContain(`Bearer ${key}`)
  await page.reload()
  expect(await page.content()).not.toContain(key)
  await page.goto(`${dashboard.url}/${orgSlug}/keys`)
  expect(await page.content()).not.toContain(key)
  expect(await page.getByRole('row', { name: /First key/ }).innerText()).toContain(
    `${key.slice(0, 23)}…${key.slice(-4)}`,
  )
})

test('the start page notices the first request by itself', { timeout: SLOW }, async () => {
  await page.goto(`${dashboard.url}/${orgSlug}/start`)
  await page.getByText('Waiting for your first request…').waitFor()
  await deliverCall(dashboard.pool, await readNewestKey(dashboard.pool, orgSlug))
  const notice = page.getByTestId('first-request')
  await notice.waitFor({ timeout: VISIBLE_WITHIN_MS })
  expect(await notice.innerText()).toContain(CALL_COST_TEXT)
})

test(
  'a call shows on the open usage page within five seconds, total equal to its rows',
  { timeout: SLOW },
  async () => {
    await page.goto(`${dashboard.url}/${orgSlug}/usage?range=24h&group=key`)
    const total = page.getByTestId('usage-total')
    expect(await total.innerText()).toBe(CALL_COST_TEXT)
    await deliverCall(dashboard.pool, await readNewestKey(dashboard.pool, orgSlug))
    await page.waitForFunction(
      () => document.querySelector('[data-testid=usage-total]')?.textContent === '$0.00021',
      null,
      { timeout: VISIBLE_WITHIN_MS },
    )
    expect(await page.getByRole('row', { name: /First key/ }).innerText()).toContain('$0.00021')
  },
)

test('the request’s page multiplies tokens by price and arrives at what was billed', { timeout: SLOW }, async () => {
  await page.goto(`${dashboard.url}/${orgSlug}/requests`)
  await page.locator('tbody a').first().click()
  await page.getByText('equals units × list price').waitFor()
  expect(await page.getByTestId('billed').innerText()).toBe(CALL_COST_TEXT)
  expect(await page.getByRole('row', { name: /^Input/ }).innerText()).toMatch(/300\s+× \$0\.15\s+\$0\.000045/)
})

test('the open period on the invoices page is what was used', { timeout: SLOW }, async () => {
  await page.goto(`${dashboard.url}/${orgSlug}/invoices`)
  expect(await page.getByTestId('open-period-total').innerText()).toBe('$0.00021')
})

test('a key with a budget is created, and revoking it names the consequence', { timeout: SLOW }, async () => {
  await page.goto(`${dashboard.url}/${orgSlug}/keys`)
  await page.getByRole('button', { name: 'Create key' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Monthly budget').fill('ten')
  await dialog.getByLabel('Name', { exact: true }).fill('Night job')
  await dialog.getByRole('button', { name: 'Create key' }).click()
  await dialog.getByText('Enter an amount like 12.50 dollars').waitFor()
  await dialog.getByLabel('Monthly budget').fill('10')
  await dialog.getByRole('button', { name: 'Create key' }).click()
  await dialog.getByTestId('new-key').waitFor()
  await dialog.getByRole('button', { name: 'I have copied it' }).click()
  const row = page.getByRole('row', { name: /Night job/ })
  expect(await row.innerText()).toContain('$10.00')
  await row.getByRole('link', { name: 'Night job' }).click()
  await page.getByRole('button', { name: 'Revoke Night job' }).click()
  await page.getByRole('dialog').getByText('403 key_disabled').waitFor()
  await page.getByRole('button', { name: 'Revoke key' }).click()
  await page.getByText('Revoked').first().waitFor()
})

test('the browser had nothing to complain about', () => {
  expect(complaints).toEqual([])
})
