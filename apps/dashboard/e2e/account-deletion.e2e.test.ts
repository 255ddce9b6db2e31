import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asOrgId } from '@atpar/db/tenant'
import { launchChromium } from '@atpar/testkit/chromium'
import { createMemberWith } from '@atpar/testkit/factories'
import { signUp } from '../test/browse.ts'
import { PASSWORD } from '../test/sign-up.ts'
import { startDashboard, type TestDashboard } from '../test/start-dashboard.ts'

const SLOW = 120_000
const EVE = { name: 'Eve Adams', email: 'eve@example.test', organization: 'Orchard' }

let dashboard: TestDashboard
let browser: Browser
let page: Page

beforeAll(async () => {
  ;[dashboard, browser] = await Promise.all([startDashboard('empty'), launchChromium()])
  page = await (await browser.newContext()).newPage()
}, SLOW)

afterAll(async () => {
  await browser.close()
  await dashboard.stop()
}, SLOW)

const askToDelete = async (): Promise<void> => {
  await page.goto(`${dashboard.url}/account`)
  await page.getByRole('button', { name: 'Delete account' }).click()
  const confirm = page.getByRole('button', { name: 'Delete', exact: true })
  expect(await confirm.isDisabled()).toBe(true)
  await page.getByLabel(`Type ${EVE.email} to confirm`).fill(EVE.email)
  await confirm.click()
}

test('the only owner of an organization is told which one, and stays', { timeout: SLOW }, async () => {
  await signUp(page, dashboard, EVE)
  await askToDelete()
  await page.getByText('You are the only owner of Orchard.').waitFor()
})

test(
  'with another owner the account goes at once: logged out, and nobody can log in to it again',
  { timeout: SLOW },
  async () => {
    const { rows } = await dashboard.pool.query<{ id: string }>(`SELECT id FROM organization WHERE name = 'Orchard'`)
    await createMemberWith(dashboard.db, asOrgId(rows[0]?.id ?? ''), { role: 'owner' })
    await askToDelete()
    await page.waitForURL(`${dashboard.url}/`)
    expect((await page.context().cookies()).filter(({ name }) => name.startsWith('atpar-test-'))).toEqual([])
    await page.goto(`${dashboard.url}/account`)
    await page.waitForURL('**/log-in**')
    await page.getByLabel('E-mail').fill(EVE.email)
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Log in', exact: true }).click()
    await page.getByRole('alert').filter({ hasText: /./ }).waitFor()
  },
)
