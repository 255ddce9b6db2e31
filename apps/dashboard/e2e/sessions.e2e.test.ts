import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '@atpar/testkit/chromium'
import { logIn } from '../test/browse.ts'
import { startDashboard, type TestDashboard } from '../test/start-dashboard.ts'

const SLOW = 120_000
let dashboard: TestDashboard
let browser: Browser
let login: { readonly email: string; readonly password: string; readonly org: string }

beforeAll(async () => {
  ;[dashboard, browser] = await Promise.all([startDashboard('demo'), launchChromium()])
  if (dashboard.login === null) throw new Error('The scenario has no login.')
  login = dashboard.login
}, SLOW)

afterAll(async () => {
  await browser.close()
  await dashboard.stop()
}, SLOW)

const newDevice = async () => {
  const context = await browser.newContext()
  return { context, page: await context.newPage() }
}

const sessionCookie = async (context: Awaited<ReturnType<typeof newDevice>>['context']) =>
  (await context.cookies()).find((cookie) => /^atpar-test-\d+$/.test(cookie.name))

test('the cookie is opaque, out of reach of scripts, and stored as a hash only', { timeout: SLOW }, async () => {
  const { context, page } = await newDevice()
  await logIn(page, dashboard, login)
  const cookie = await sessionCookie(context)
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax' })
  expect(cookie?.value).toMatch(/^[\w-]{43}$/)
  const { rows } = await dashboard.pool.query<{ hits: string }>(
    `SELECT count(*) AS hits FROM user_session WHERE encode(token_hash, 'escape') = $1`,
    [cookie?.value],
  )
  expect(rows[0]?.hits).toBe('0')
  await context.close()
})

test('a session revoked on one device is over on the other at its next page', { timeout: SLOW }, async () => {
  const [first, second] = [await newDevice(), await newDevice()]
  await logIn(first.page, dashboard, login)
  await logIn(second.page, dashboard, login)
  await dashboard.pool.query(
    `UPDATE user_session SET revoked_at = now() WHERE id NOT IN (SELECT id FROM user_session WHERE revoked_at IS NULL ORDER BY id DESC LIMIT 2)`,
  )
  await second.page.goto(`${dashboard.url}/account`)
  await second.page.getByRole('button', { name: /Revoke the session/ }).click()
  await second.page.getByRole('button', { name: /Revoke the session/ }).waitFor({ state: 'detached' })
  await first.page.goto(`${dashboard.url}/${login.org}`)
  expect(new URL(first.page.url()).pathname).toBe('/log-in')
  await second.page.goto(`${dashboard.url}/${login.org}`)
  expect(new URL(second.page.url()).pathname).toBe(`/${login.org}`)
  await first.context.close()
  await second.context.close()
})

test('signing out ends the session itself: the old cookie opens nothing', { timeout: SLOW }, async () => {
  const { context, page } = await newDevice()
  await logIn(page, dashboard, login)
  const cookie = await sessionCookie(context)
  await page.goto(`${dashboard.url}/account`)
  await page.getByRole('button', { name: 'Log out', exact: true }).click()
  await page.waitForURL(`${dashboard.url}/`)
  if (cookie === undefined) throw new Error('There was no cookie.')
  await context.addCookies([cookie])
  await page.goto(`${dashboard.url}/${login.org}`)
  expect(new URL(page.url()).pathname).toBe('/log-in')
  await context.close()
})

test('logging in again replaces the session of that device', { timeout: SLOW }, async () => {
  const { context, page } = await newDevice()
  await logIn(page, dashboard, login)
  const before = await sessionCookie(context)
  await page.evaluate(async ({ email, password }) => {
    const { csrfToken } = (await (await fetch('/api/auth/csrf')).json()) as { csrfToken: string }
    const body = new URLSearchParams({ csrfToken, email, password, json: 'true' })
    await fetch('/api/auth/callback/credentials', { method: 'POST', body })
  }, login)
  const after = await sessionCookie(context)
  expect(after?.value).not.toBe(before?.value)
  if (before === undefined) throw new Error('There was no cookie.')
  await context.addCookies([before])
  await page.goto(`${dashboard.url}/${login.org}`)
  expect(new URL(page.url()).pathname).toBe('/log-in')
  await context.close()
})

test(
  'a wrong password and an unknown e-mail get the same answer, and guessing is stopped',
  { timeout: SLOW },
  async () => {
    const { context, page } = await newDevice()
    const attempt = async (email: string) => {
      await page.goto(`${dashboard.url}/log-in`)
      await page.getByLabel('E-mail').fill(email)
      await page.getByLabel('Password').fill('not the password')
      await page.getByRole('button', { name: 'Log in', exact: true }).click()
      return page.locator('form [role=alert]').innerText()
    }
    const unknown = await attempt('nobody@example.test')
    expect(unknown).toBe('That e-mail address and password do not match.')
    expect(await attempt('ada@atpar.local')).toBe(unknown)
    const answers: string[] = []
    for (let count = 0; count < 9; count += 1) answers.push(await attempt('ada@atpar.local'))
    expect(answers.at(-1)).toBe('Too many attempts. Wait a few minutes, then try again.')
    await context.close()
  },
)
