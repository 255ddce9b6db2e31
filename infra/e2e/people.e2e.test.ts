import { launchChromium } from '@atpar/testkit/chromium'
import OpenAI from 'openai'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSystem, type RunningSystem } from '../system/start-system.ts'
import { linkMailedTo, PASSWORD, signUp } from './sign-up.ts'

const SLOW = 120_000
const DEAD_WITHIN_MS = 5_000
const GUEST = 'barbara@example.test'

let system: RunningSystem
let browser: Browser
let baseUrl: string
/** Two browsers: the owner's and the guest's. */
let owner: Page
let guest: Page
let orgSlug: string
let elsewhere: string
let link: string
let key: string

const newPage = async (): Promise<Page> =>
  (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage()

const foundOrganization = async (page: Page, name: string): Promise<string> => {
  await page.getByLabel('Organization').fill(name)
  await page.getByRole('button', { name: 'Create organization' }).click()
  await page.waitForURL('**/start')
  return new URL(page.url()).pathname.split('/')[1] ?? ''
}

const call = async (apiKey: string): Promise<number> => {
  const client = new OpenAI({ baseURL: `${system.proxyUrls[0]}/v1`, apiKey, maxRetries: 0 })
  const body = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'Hello' }] }
  try {
    await client.chat.completions.create(body)
    return 200
  } catch (error) {
    if (error instanceof OpenAI.APIError && typeof error.status === 'number') return error.status
    throw error
  }
}

beforeAll(async () => {
  ;[system, browser] = await Promise.all([startSystem({ worker: true, dashboard: true }), launchChromium()])
  baseUrl = system.dashboardUrl ?? ''
  ;[owner, guest] = [await newPage(), await newPage()]
}, SLOW)

afterAll(async () => {
  await browser.close()
  await system.stop()
}, SLOW)

test('an owner makes a team and invites someone into it', { timeout: SLOW }, async () => {
  orgSlug = await signUp(owner, system, {
    name: 'Grace Hopper',
    email: 'grace@example.test',
    organization: 'Compilers Inc',
  })
  await owner.goto(`${baseUrl}/${orgSlug}/teams`)
  await owner.getByRole('button', { name: 'Create team' }).click()
  await owner.getByRole('dialog').getByLabel('Name').fill('Search')
  await owner.getByRole('dialog').getByRole('button', { name: 'Create team' }).click()
  await owner.getByRole('heading', { name: 'Search' }).waitFor()
  await owner.goto(`${baseUrl}/${orgSlug}/members`)
  await owner.getByRole('button', { name: 'Invite people' }).click()
  await owner.getByLabel('E-mail addresses').fill(`Barbara Liskov <${GUEST}>`)
  await owner.getByRole('dialog').getByLabel(/^Team/).selectOption({ label: 'Search' })
  await owner.getByRole('button', { name: 'Send invitation' }).click()
  await owner.getByText('Invited 1 person').waitFor()
})

test('the mail leads to what one joins, and looking at it changes nothing', { timeout: SLOW }, async () => {
  link = await linkMailedTo(system, GUEST, /^Join Compilers Inc/)
  for (const scan of [1, 2]) {
    const answer = await fetch(link)
    expect([scan, answer.status]).toEqual([scan, 200])
  }
  await guest.goto(link)
  expect(await guest.getByRole('heading', { level: 1 }).innerText()).toBe(
    'Grace Hopper invited you to join Compilers Inc',
  )
  expect(await guest.locator('main').innerText()).toContain('Search')
})

test('who signs up through it comes back to it and joins the right team', { timeout: SLOW }, async () => {
  await guest.getByRole('link', { name: 'Create an account' }).click()
  await guest.waitForURL('**/sign-up?**')
  expect(await guest.getByLabel('E-mail').inputValue()).toBe(GUEST)
  await guest.getByLabel('Name').fill('Barbara Liskov')
  await guest.getByRole('button', { name: 'Create account' }).click()
  await guest.getByText('Look at your mail').waitFor()
  await guest.goto(await linkMailedTo(system, GUEST, /Confirm your e-mail/))
  await guest.getByLabel('Password').fill(PASSWORD)
  await guest.getByRole('button', { name: 'Confirm and start' }).click()
  await guest.getByRole('button', { name: 'Join Compilers Inc' }).click()
  await guest.waitForURL(`**/${orgSlug}`)
  await owner.goto(`${baseUrl}/${orgSlug}/members?q=barbara`)
  const row = owner.getByRole('row').filter({ hasText: GUEST })
  expect((await row.innerText()).split(/\s+/)).toEqual(expect.arrayContaining(['Developer', 'Search']))
})

test('the link works once', { timeout: SLOW }, async () => {
  const stranger = await newPage()
  await stranger.goto(link)
  await stranger.getByText('This invitation was used already.').waitFor()
  await stranger.context().close()
})

test('in two organizations, one switches between them and sees each on its own', { timeout: SLOW }, async () => {
  await guest.goto(`${baseUrl}/new-organization`)
  elsewhere = await foundOrganization(guest, 'Elsewhere Ltd')
  await guest.getByRole('button', { name: /Elsewhere Ltd/ }).click()
  await guest.getByRole('menuitem', { name: 'Compilers Inc' }).click()
  await guest.waitForURL(`**/${orgSlug}`)
  expect((await owner.goto(`${baseUrl}/${elsewhere}/members`))?.status()).toBe(404)
})

test('their key works until the owner removes them, and then dies within five seconds', { timeout: SLOW }, async () => {
  await guest.goto(`${baseUrl}/${orgSlug}/start`)
  await guest.getByRole('button', { name: 'Create your key' }).click()
  key = await guest.getByTestId('new-key').innerText()
  expect(await call(key)).toBe(200)

  await owner.goto(`${baseUrl}/${orgSlug}/members?q=barbara`)
  await owner.getByRole('link', { name: 'Barbara Liskov' }).click()
  await owner.getByLabel('Role of Barbara Liskov').selectOption('viewer')
  await owner.getByText('Reads usage and requests, changes nothing.').waitFor()
  await guest.goto(`${baseUrl}/${orgSlug}/settings`)
  expect(await guest.locator('main').innerText()).toContain('Viewer')

  await owner.getByRole('button', { name: 'Remove Barbara Liskov' }).click()
  await owner.getByText('Their active key is refused within five seconds.').waitFor()
  await owner.getByRole('button', { name: 'Remove member' }).click()
  await owner.waitForURL(`**/${orgSlug}/members`)
  const removedAt = Date.now()
  await expect.poll(() => call(key), { timeout: DEAD_WITHIN_MS, interval: 100 }).toBe(403)
  expect(Date.now() - removedAt).toBeLessThan(DEAD_WITHIN_MS)
})

test('what they left is not there at their next click, and their own is', { timeout: SLOW }, async () => {
  const answer = await guest.goto(`${baseUrl}/${orgSlug}/settings`)
  expect(answer?.status()).toBe(404)
  expect((await guest.goto(`${baseUrl}/${elsewhere}`))?.status()).toBe(200)
})
