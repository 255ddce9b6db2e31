import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '@atpar/testkit/chromium'
import { logIn, signUp } from '../test/browse.ts'
import { startDashboard, type TestDashboard } from '../test/start-dashboard.ts'

const SLOW = 120_000
let dashboard: TestDashboard
let browser: Browser
let owner: Page
let base: string

const newPage = async (): Promise<Page> =>
  (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage()

beforeAll(async () => {
  ;[dashboard, browser] = await Promise.all([startDashboard('acme'), launchChromium()])
  if (dashboard.login === null) throw new Error('The scenario has no login.')
  owner = await newPage()
  await logIn(owner, dashboard, dashboard.login)
  base = `${dashboard.url}/${dashboard.login.org}`
}, SLOW)

afterAll(async () => {
  await browser.close()
  await dashboard.stop()
}, SLOW)

const invite = async (emails: readonly string[]): Promise<void> => {
  await owner.goto(`${base}/members`)
  await owner.getByRole('button', { name: 'Invite people' }).click()
  await owner.getByLabel('E-mail addresses').fill(emails.join('\n'))
  await owner
    .getByRole('dialog')
    .getByRole('button', { name: /^Send / })
    .click()
  await owner.getByText(/^Invited \d+/).waitFor()
  await owner.getByRole('button', { name: 'Done' }).click()
}

const linkTo = async (email: string): Promise<string> =>
  /http\S+\/join\/\S+/.exec((await dashboard.mailTo(email)).text)?.[0] ?? ''

const readLink = async (link: string): Promise<string> => {
  const page = await newPage()
  await page.goto(link)
  const text = await page.locator('main').innerText()
  await page.context().close()
  return text
}

test('twenty pasted addresses become twenty mails, each with a link of its own', { timeout: SLOW }, async () => {
  const emails = Array.from({ length: 20 }, (_, index) => `person-${index}@example.test`)
  await invite(emails)
  const links = await Promise.all(emails.map(linkTo))
  expect(new Set(links).size).toBe(20)
  expect(await owner.getByRole('region', { name: 'Invitations' }).getByRole('row').count()).toBe(21)
})

test('an address that is none is named, and nobody is invited', { timeout: SLOW }, async () => {
  await owner.goto(`${base}/members`)
  await owner.getByRole('button', { name: 'Invite people' }).click()
  await owner.getByLabel('E-mail addresses').fill('fine@example.test, not an address')
  await owner
    .getByRole('dialog')
    .getByRole('button', { name: /^Send / })
    .click()
  expect(await owner.locator('dialog [role=alert]').innerText()).toBe('"not" is not an e-mail address.')
  expect(await owner.getByLabel('E-mail addresses').inputValue()).toBe('fine@example.test, not an address')
})

test('each way for a link to be over has its own sentence', { timeout: SLOW }, async () => {
  await invite(['revoked@example.test', 'expired@example.test', 'resent@example.test'])
  const [revoked, expired, older] = [
    await linkTo('revoked@example.test'),
    await linkTo('expired@example.test'),
    await linkTo('resent@example.test'),
  ]
  await owner.getByRole('button', { name: 'Revoke the invitation of revoked@example.test' }).click()
  await owner.getByRole('button', { name: 'Revoke invitation' }).click()
  await owner.getByText('revoked@example.test', { exact: true }).waitFor({ state: 'detached' })
  await dashboard.pool.query(
    `UPDATE invitation SET expires_at = now() - interval '1 minute' WHERE email = 'expired@example.test'`,
  )
  await owner.getByRole('button', { name: 'Send the invitation of resent@example.test again' }).click()
  await expect.poll(() => linkTo('resent@example.test'), { timeout: SLOW }).not.toBe(older)

  expect(await readLink(revoked)).toContain('This invitation was withdrawn.')
  expect(await readLink(expired)).toMatch(/This invitation expired on .* Ask Wile Owner to send it again\./)
  expect(await readLink(older)).toContain('Nobody was sent this link, or a newer mail replaced it')
  expect(await readLink(await linkTo('resent@example.test'))).toContain('resent@example.test')
})

test('another account cannot take it, and is led to the right one', { timeout: SLOW }, async () => {
  await invite(['wanted@example.test'])
  const page = await newPage()
  await signUp(page, dashboard, { name: 'Mallory', email: 'mallory@example.test', organization: 'Mallory Inc' })
  await page.goto(await linkTo('wanted@example.test'))
  expect(await page.locator('main').innerText()).toContain(
    'You are logged in as mallory@example.test. This invitation can be accepted by wanted@example.test only.',
  )
  expect(await page.getByRole('button', { name: /^Join/ }).count()).toBe(0)
  await page.getByRole('button', { name: /Log out and continue/ }).click()
  await page.getByRole('link', { name: 'Create an account' }).waitFor()
  expect(new URL(page.url()).pathname).toMatch(/^\/join\//)
  await page.context().close()
})

test('an invitation looks the same whether its address has an account or not', { timeout: SLOW }, async () => {
  await signUpOnly('known@example.test')
  await invite(['known@example.test', 'unknown@example.test'])
  const [known, unknown] = [
    await readLink(await linkTo('known@example.test')),
    await readLink(await linkTo('unknown@example.test')),
  ]
  expect(known.replaceAll('known@example.test', '…')).toBe(unknown.replaceAll('unknown@example.test', '…'))
})

const signUpOnly = async (email: string): Promise<void> => {
  const page = await newPage()
  await signUp(page, dashboard, { name: 'Known', email, organization: 'Known Inc' })
  await page.context().close()
}

test('an owner hands the organization on and then may leave it', { timeout: SLOW }, async () => {
  const page = await newPage()
  const { orgSlug } = await signUp(page, dashboard, {
    name: 'Leaver',
    email: 'leaver@example.test',
    organization: 'Handed On',
  })
  await page.goto(`${dashboard.url}/${orgSlug}/settings`)
  await page.getByText('There is none yet: invite someone first.').waitFor()
  await page.getByRole('button', { name: 'Leave Handed On' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Leave', exact: true }).click()
  await page.getByText('This is the only owner. Make someone else an owner first.').waitFor()
  await dashboard.pool.query(
    `INSERT INTO membership (id, org_id, user_id, role) SELECT gen_random_uuid(), o.id, u.id, 'developer'
     FROM organization o, app_user u WHERE o.slug = $1 AND u.email = 'ada@acme.example'`,
    [orgSlug],
  )
  await page.reload()
  await page.getByRole('button', { name: 'Transfer ownership' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Transfer ownership' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByText('Admin', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Leave Handed On' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Leave', exact: true }).click()
  await page.waitForURL('**/new-organization')
  expect((await page.goto(`${dashboard.url}/${orgSlug}`))?.status()).toBe(404)
  await page.context().close()
})
