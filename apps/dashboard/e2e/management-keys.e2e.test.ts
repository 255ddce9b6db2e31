import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '@atpar/testkit/chromium'
import { logIn } from '../test/browse.ts'
import { startDashboard, type TestDashboard } from '../test/start-dashboard.ts'

const SLOW = 120_000
let dashboard: TestDashboard
let browser: Browser
let page: Page
let password: string

beforeAll(async () => {
  ;[dashboard, browser] = await Promise.all([startDashboard('demo'), launchChromium()])
  if (dashboard.login === null) throw new Error('The scenario has no login.')
  page = await (await browser.newContext()).newPage()
  page.setDefaultTimeout(30_000)
  password = dashboard.login.password
  await logIn(page, dashboard, dashboard.login)
  await page.goto(`${dashboard.url}/${dashboard.login.org}/settings/management-keys`)
}, SLOW)

afterAll(async () => {
  await browser.close()
  await dashboard.stop()
}, SLOW)

const forgetProof = () => dashboard.pool.query(`UPDATE user_session SET reauthenticated_at = now() - interval '1 hour'`)
const proof = () => page.getByRole('dialog', { name: 'Confirm that it is you' })
const prove = async (typed: string) => {
  await proof().getByLabel('Your password').fill(typed)
  await proof().getByRole('button', { name: 'Confirm' }).click()
}

test('a key is made after a fresh proof only, with what was typed before it', { timeout: SLOW }, async () => {
  await forgetProof()
  await page.getByRole('button', { name: 'Create management key' }).click()
  const dialog = page.getByRole('dialog', { name: 'Create a management key' })
  await dialog.getByLabel('Name').fill('Nightly report')
  await dialog.getByRole('button', { name: 'Create key' }).click()
  await prove('not the password')
  await proof().getByText('That is not right.').waitFor()
  await prove(password)
  expect(await page.getByTestId('new-management-key').innerText()).toMatch(/^atpar_manage_/)
  expect(await proof().isVisible()).toBe(false)
  await page.getByRole('button', { name: 'I have copied it' }).click()
  await page.getByText('Nightly report').first().waitFor()
})

test('the next form shows nothing of the last key', { timeout: SLOW }, async () => {
  await page.getByRole('button', { name: 'Create management key' }).click()
  const dialog = page.getByRole('dialog', { name: 'Create a management key' })
  expect(await dialog.getByLabel('Name').inputValue()).toBe('')
  expect(await page.getByTestId('new-management-key').count()).toBe(0)
  await page.keyboard.press('Escape')
  expect(await page.evaluate<string>('document.activeElement.innerText.trim()')).toBe('Create management key')
})

test('a key is revoked after a fresh proof only', { timeout: SLOW }, async () => {
  await forgetProof()
  await page.getByRole('button', { name: 'Revoke Nightly report' }).click()
  await page.getByRole('button', { name: 'Revoke key' }).click()
  await prove(password)
  await page.getByText('revoked').waitFor()
})
