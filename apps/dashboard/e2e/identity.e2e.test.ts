import { TOTP } from 'otpauth'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '@atpar/testkit/chromium'
import { linkIn, logIn, signUp } from '../test/browse.ts'
import { PASSWORD } from '../test/sign-up.ts'
import { startDashboard, type TestDashboard } from '../test/start-dashboard.ts'

const SLOW = 120_000
const ADA = { name: 'Ada Lovelace', email: 'ada@example.test', organization: 'Engines' }
const NEW_PASSWORD = 'silver otter breakfast'
const STEP_MS = 30_000

let dashboard: TestDashboard
let browser: Browser
let context: BrowserContext
let page: Page
let orgSlug = ''
let secret = ''
let recoveryCodes: readonly string[] = []
let lastStep = 0

beforeAll(async () => {
  ;[dashboard, browser] = await Promise.all([startDashboard('empty'), launchChromium()])
  context = await browser.newContext()
  page = await context.newPage()
}, SLOW)

afterAll(async () => {
  await browser.close()
  await dashboard.stop()
}, SLOW)

/** A code of the app that was not used yet: its neighbour in time is good too. */
const nextCode = (): string => {
  lastStep = Math.max(lastStep + 1, Math.floor(Date.now() / STEP_MS))
  return new TOTP({ secret }).generate({ timestamp: lastStep * STEP_MS })
}

const signOut = async (who: Page): Promise<void> => {
  await who.goto(`${dashboard.url}/account`)
  await who.getByRole('button', { name: 'Log out', exact: true }).click()
  await who.waitForURL(`${dashboard.url}/`)
}

const showPassword = async (who: Page, password: string): Promise<void> => {
  await logIn(who, dashboard, { email: ADA.email, password })
  await who.waitForURL('**/log-in/two-factor**')
}

const showCode = async (who: Page, code: string): Promise<void> => {
  await who.getByRole('textbox', { name: 'Code' }).fill(code)
  await who.getByRole('button', { name: 'Log in', exact: true }).click()
}

test('a stranger becomes a person by the link in a mail, which opens once', { timeout: SLOW }, async () => {
  ;({ orgSlug } = await signUp(page, dashboard, ADA))
  const link = linkIn(await dashboard.mailTo(ADA.email, /Confirm your e-mail/))
  await page.goto(link)
  await page.getByText('This link is over').waitFor()
})

test('signing up again says the same, and writes to the owner instead', { timeout: SLOW }, async () => {
  const stranger = await (await browser.newContext()).newPage()
  const read = async (email: string) => {
    await stranger.goto(`${dashboard.url}/sign-up`)
    await stranger.getByLabel('Name').fill('Mallory')
    await stranger.getByLabel('E-mail').fill(email)
    await stranger.getByRole('button', { name: 'Create account' }).click()
    await stranger.getByText('Check your mail').waitFor()
    return (await stranger.locator('main').innerText()).replaceAll(email, 'somebody')
  }
  expect(await read(ADA.email)).toBe(await read('nobody@example.test'))
  const mail = await dashboard.mailTo(ADA.email, /have an Atpar account already/)
  expect(mail.text).not.toContain('/confirm/')
  await stranger.context().close()
})

test('a link by mail logs in once, after a press of its button and not before', { timeout: SLOW }, async () => {
  await signOut(page)
  await page.goto(`${dashboard.url}/log-in/link?next=${encodeURIComponent(`/${orgSlug}/keys`)}`)
  await page.getByLabel('E-mail').fill(ADA.email)
  await page.getByRole('button', { name: 'E-mail me a link' }).click()
  const link = linkIn(await dashboard.mailTo(ADA.email, /link to log in/))
  // What a mail program does on its own.
  for (const _ of [1, 2, 3]) expect((await fetch(link)).status).toBe(200)
  await page.goto(link)
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.waitForURL(`**/${orgSlug}/keys`)
  await page.goto(link)
  await page.getByText('This link is over').waitFor()
})

test(
  'a second factor is set up by the code of an app, and its recovery codes are shown',
  { timeout: SLOW },
  async () => {
    await page.goto(`${dashboard.url}/account/two-factor`)
    await page.getByRole('button', { name: 'Set up an authenticator app' }).click()
    await page.getByRole('img', { name: /QR code/ }).waitFor()
    secret = await page.locator('code[title]').innerText()
    await page.getByRole('textbox', { name: 'Code' }).fill('000000')
    await page.getByRole('button', { name: 'Turn on' }).click()
    await page.getByText('That code is not right').waitFor()
    await page.getByRole('textbox', { name: 'Code' }).fill(nextCode())
    await page.getByRole('button', { name: 'Turn on' }).click()
    recoveryCodes = (await page.getByTestId('recovery-codes').locator('pre').innerText()).trim().split('\n')
    expect(recoveryCodes).toHaveLength(10)
  },
)

test('from then on the password alone opens nothing', { timeout: SLOW }, async () => {
  await signOut(page)
  await showPassword(page, PASSWORD)
  for (const path of [`/${orgSlug}`, '/account', '/home']) {
    await page.goto(`${dashboard.url}${path}`)
    expect(new URL(page.url()).pathname).toBe('/log-in/two-factor')
  }
  const before = (await context.cookies()).find(({ name }) => /^atpar-test-\d+$/.test(name))?.value
  await showCode(page, nextCode())
  await page.waitForURL((url) => !url.pathname.startsWith('/log-in'))
  const after = (await context.cookies()).find(({ name }) => /^atpar-test-\d+$/.test(name))?.value
  expect(after).not.toBe(before)
})

test('a code works once, and so does a recovery code', { timeout: SLOW }, async () => {
  const other = await (await browser.newContext()).newPage()
  await showPassword(other, PASSWORD)
  await showCode(other, new TOTP({ secret }).generate({ timestamp: lastStep * STEP_MS }))
  await other.getByText('was used before').waitFor()
  await showCode(other, recoveryCodes[0] ?? '')
  await other.waitForURL((url) => !url.pathname.startsWith('/log-in'))

  await page.goto(`${dashboard.url}/account`)
  await page.getByText('Recovery code used').waitFor()
  await page.getByRole('button', { name: 'Log out everywhere else' }).click()
  await page
    .getByRole('button', { name: /Revoke the session/ })
    .first()
    .waitFor({ state: 'detached' })
  await other.goto(`${dashboard.url}/${orgSlug}`)
  expect(new URL(other.url()).pathname).toBe('/log-in')

  await showPassword(other, PASSWORD)
  await showCode(other, recoveryCodes[0] ?? '')
  await other.getByText('was used before').waitFor()
  await other.context().close()
})

test(
  'an act that an open browser must not be enough for asks again after five minutes',
  { timeout: SLOW },
  async () => {
    await dashboard.pool.query(`UPDATE user_session SET reauthenticated_at = now() - interval '6 minutes'`)
    await page.goto(`${dashboard.url}/${orgSlug}/settings/security`)
    await page.getByRole('button', { name: 'Require two-factor authentication' }).click()
    await page.getByLabel('Your password').fill('not the password')
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.getByText('That is not right.').waitFor()
    await page.getByLabel('Your password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.getByRole('button', { name: 'Stop requiring it' }).waitFor()
  },
)

test('a reset ends every session and asks for the second factor still', { timeout: SLOW }, async () => {
  const other = await (await browser.newContext()).newPage()
  await other.goto(`${dashboard.url}/log-in/forgot-password`)
  await other.getByLabel('E-mail').fill(ADA.email)
  await other.getByRole('button', { name: 'E-mail me a link' }).click()
  await other.goto(linkIn(await dashboard.mailTo(ADA.email, /new password/)))
  await other.getByLabel('Password').fill('password123')
  await other.getByRole('button', { name: 'Set password' }).click()
  await other.getByText('among the first passwords').waitFor()
  await other.getByLabel('Password').fill(NEW_PASSWORD)
  await other.getByRole('button', { name: 'Set password' }).click()
  await other.getByText('Your new password is set').waitFor()
  await page.goto(`${dashboard.url}/${orgSlug}`)
  expect(new URL(page.url()).pathname).toBe('/log-in')
  await showPassword(other, NEW_PASSWORD)
  await other.context().close()
})

test('a form of another site signs nobody in', { timeout: SLOW }, async () => {
  const { csrfToken } = (await (await fetch(`${dashboard.url}/api/auth/csrf`)).json()) as { csrfToken: string }
  const answer = await fetch(`${dashboard.url}/api/auth/callback/credentials`, {
    method: 'POST',
    headers: { origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ csrfToken, email: ADA.email, password: NEW_PASSWORD }),
  })
  expect(answer.status).toBe(403)
  expect(answer.headers.get('set-cookie')).toBeNull()
})
