import { launchChromium } from '@atpar/testkit/chromium'
import OpenAI from 'openai'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSystem, type RunningSystem } from '../system/start-system.ts'
import { PASSWORD } from '../../apps/dashboard/test/sign-up.ts'
import { linkMailedTo, signUp } from './sign-up.ts'

const SLOW = 120_000
/** From an act on the screen to the first call that it decides. */
const EFFECTIVE_WITHIN_MS = 5_000
const MOST_CALLS = 200
const GUEST = 'barbara@example.test'
const LEAD = 'tony@example.test'

let system: RunningSystem
let browser: Browser
let baseUrl: string
/** A browser each: three people of one organization, and the owner of another. */
let owner: Page
let guest: Page
let lead: Page
let rival: Page
let orgSlug: string
let elsewhere: string
let rivalSlug: string
let link: string
let key: string
const ids = { team: '', member: '', key: '' }

const newPage = async (): Promise<Page> =>
  (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage()

const foundOrganization = async (page: Page, name: string): Promise<string> => {
  await page.getByLabel('Organization').fill(name)
  await page.getByRole('button', { name: 'Create organization' }).click()
  await page.waitForURL('**/start')
  return new URL(page.url()).pathname.split('/')[1] ?? ''
}

/** What a person who was invited does with the mail, from having no account to being in. */
const joinAs = async (page: Page, { name, link: invitation }: { readonly name: string; readonly link: string }) => {
  await page.goto(invitation)
  await page.getByRole('link', { name: 'Create an account' }).click()
  await page.waitForURL('**/sign-up?**')
  const email = await page.getByLabel('E-mail').inputValue()
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByText('Check your mail').waitFor()
  await page.goto(await linkMailedTo(system, email, /Confirm your e-mail/))
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Confirm and start' }).click()
  await page.getByRole('button', { name: 'Join Compilers Inc' }).click()
  await page.waitForURL(`**/${orgSlug}`)
  return email
}

/** One call by the official SDK as it comes: it retries by itself what it thinks worth it, and every request is counted. */
const ask = async (): Promise<{ readonly failure: unknown; readonly requests: number }> => {
  let requests = 0
  const client = new OpenAI({
    baseURL: `${system.proxyUrls[0]}/v1`,
    apiKey: key,
    fetch: (input, init) => {
      requests += 1
      return fetch(input, init)
    },
  })
  const failure = await client.chat.completions
    .create({
      model: 'claude-sonnet-5',
      max_tokens: 20,
      messages: [{ role: 'user', content: 'Hello [[sim:{"tokens":20}]]' }],
    })
    .then(
      () => null,
      (error: unknown) => error,
    )
  return { failure, requests }
}

/** 200, or the status it was refused with. @throws what is no answer. */
const askForStatus = async (): Promise<number> => {
  const { failure } = await ask()
  if (failure === null) return 200
  if (failure instanceof OpenAI.APIError && typeof failure.status === 'number') return failure.status
  throw failure
}

/** Asks until the status is this. Both the act and the answer lie inside of the promised time. */
const expectWithinPromise = async (status: number, sinceMs: number): Promise<void> => {
  await expect.poll(askForStatus, { timeout: EFFECTIVE_WITHIN_MS, interval: 100 }).toBe(status)
  expect(Date.now() - sinceMs).toBeLessThanOrEqual(EFFECTIVE_WITHIN_MS)
}

const statusOf = async (page: Page, path: string): Promise<number> =>
  (await page.goto(`${baseUrl}${path}`))?.status() ?? 0

beforeAll(async () => {
  ;[system, browser] = await Promise.all([startSystem({ worker: true, dashboard: true }), launchChromium()])
  baseUrl = system.dashboardUrl ?? ''
  ;[owner, guest, lead, rival] = [await newPage(), await newPage(), await newPage(), await newPage()]
}, SLOW)

afterAll(async () => {
  await browser.close()
  await system.stop()
}, SLOW)

test('an owner makes a team and invites people into it', { timeout: SLOW }, async () => {
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
  ids.team = new URL(owner.url()).pathname.split('/').at(-1) ?? ''
  await owner.goto(`${baseUrl}/${orgSlug}/members`)
  await owner.getByRole('button', { name: 'Invite people' }).click()
  await owner.getByLabel('E-mail addresses').fill(`Barbara Liskov <${GUEST}>, ${LEAD}`)
  await owner.getByRole('dialog').getByLabel(/^Team/).selectOption({ label: 'Search' })
  await owner.getByRole('button', { name: 'Send 2 invitations' }).click()
  await owner.getByText('Invited 2 people').waitFor()
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
  expect(await joinAs(guest, { name: 'Barbara Liskov', link })).toBe(GUEST)
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

test('the owner lets someone lead the team', { timeout: SLOW }, async () => {
  await joinAs(lead, { name: 'Tony Hoare', link: await linkMailedTo(system, LEAD, /^Join Compilers Inc/) })
  await owner.goto(`${baseUrl}/${orgSlug}/teams/${ids.team}`)
  const role = owner.getByLabel('Role of Tony Hoare in Search')
  await role.selectOption({ label: 'Team admin' })
  await expect
    .poll(
      async () => {
        await owner.reload()
        return role.inputValue()
      },
      { timeout: EFFECTIVE_WITHIN_MS },
    )
    .toBe('team_admin')
})

test('the team admin issues the member a key with a budget of two cents a day', { timeout: SLOW }, async () => {
  await lead.goto(`${baseUrl}/${orgSlug}/keys`)
  await lead.getByRole('button', { name: 'Create key' }).click()
  const dialog = lead.getByRole('dialog')
  await dialog.getByLabel('Name', { exact: true }).fill('Dev laptop')
  await dialog.getByLabel('For').selectOption({ label: 'Barbara Liskov (Search)' })
  await dialog.getByLabel('Daily budget').fill('0.02')
  await dialog.getByRole('button', { name: 'Create key' }).click()
  key = await dialog.getByTestId('new-key').innerText()
  await dialog.getByRole('button', { name: 'I have copied it' }).click()
  expect(await ask()).toEqual({ failure: null, requests: 1 })
})

test('the SDK spends it, is refused with 402, and does not try again', { timeout: SLOW }, async () => {
  let refusal: unknown = null
  let requests = 0
  for (let calls = 0; refusal === null && calls < MOST_CALLS; calls += 1) ({ failure: refusal, requests } = await ask())
  expect(refusal).toBeInstanceOf(OpenAI.APIError)
  expect(refusal).toMatchObject({ status: 402, code: 'budget_exceeded' })
  expect(requests).toBe(1)
})

test('the member’s screens say which limit, how much, until when and whom to ask', { timeout: SLOW }, async () => {
  await guest.goto(`${baseUrl}/${orgSlug}`)
  const notice = guest.getByTestId('blocked')
  await notice.waitFor({ timeout: EFFECTIVE_WITHIN_MS })
  const said = await notice.innerText()
  expect(said).toContain('The daily budget of the key “Dev laptop”')
  expect(said).toContain('of $0.02')
  expect(said).toMatch(/It resets \w{3} \d+, \d\d:\d\d/)
  expect(said).toContain('Tony Hoare')
  await guest.goto(`${baseUrl}/${orgSlug}/keys`)
  await guest.getByRole('link', { name: 'Dev laptop' }).click()
  await guest.getByTestId('blocked').waitFor()
  ids.key = new URL(guest.url()).pathname.split('/').at(-1) ?? ''
  expect(await guest.getByRole('button', { name: /budget/i }).count()).toBe(0)
})

test('once the team admin raises it, calls pass within five seconds', { timeout: SLOW }, async () => {
  await lead.goto(`${baseUrl}/${orgSlug}/keys/${ids.key}`)
  await lead.getByRole('button', { name: 'Change the budget of the key “Dev laptop”' }).click()
  const dialog = lead.getByRole('dialog')
  await dialog.getByLabel('Amount').fill('1')
  const raisedAtMs = Date.now()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'detached' })
  await expectWithinPromise(200, raisedAtMs)
  await guest.reload()
  await expect.poll(() => guest.getByTestId('blocked').count(), { timeout: EFFECTIVE_WITHIN_MS }).toBe(0)
})

test('a role that changes is the other one at their next click', { timeout: SLOW }, async () => {
  await owner.goto(`${baseUrl}/${orgSlug}/members?q=barbara`)
  await owner.getByRole('link', { name: 'Barbara Liskov' }).click()
  await owner.getByLabel('Role of Barbara Liskov').selectOption('viewer')
  await owner.getByText('Reads usage and requests, changes nothing.').waitFor()
  ids.member = new URL(owner.url()).pathname.split('/').at(-1) ?? ''
  await guest.goto(`${baseUrl}/${orgSlug}/settings`)
  expect(await guest.locator('main').innerText()).toContain('Viewer')
})

test('of all of it another organization sees nothing', { timeout: SLOW }, async () => {
  rivalSlug = await signUp(rival, system, { name: 'Rear Admiral', email: 'rival@example.test', organization: 'Rivals' })
  const pages = [`keys/${ids.key}`, `members/${ids.member}`, `teams/${ids.team}`]
  // That these are pages at all: their own organization has them.
  for (const path of pages) expect([path, await statusOf(owner, `/${orgSlug}/${path}`)]).toEqual([path, 200])
  for (const path of ['', 'keys', 'budgets', 'usage', 'requests', 'members', 'teams', ...pages])
    expect([path, await statusOf(rival, `/${orgSlug}/${path}`)]).toEqual([path, 404])
  for (const path of pages) expect([path, await statusOf(rival, `/${rivalSlug}/${path}`)]).toEqual([path, 404])
  for (const path of ['keys', 'budgets', 'requests', 'members', 'teams']) {
    expect([path, await statusOf(rival, `/${rivalSlug}/${path}`)]).toEqual([path, 200])
    expect(await rival.locator('main').innerText()).not.toMatch(/Dev laptop|Barbara|Tony|Search$/m)
  }
})

test('removed from the organization, their key is refused within five seconds', { timeout: SLOW }, async () => {
  expect(await askForStatus()).toBe(200)
  await owner.goto(`${baseUrl}/${orgSlug}/members/${ids.member}`)
  await owner.getByRole('button', { name: 'Remove Barbara Liskov' }).click()
  await owner.getByText('Their active key is refused within five seconds.').waitFor()
  const removedAtMs = Date.now()
  await owner.getByRole('button', { name: 'Remove member' }).click()
  await owner.waitForURL(`**/${orgSlug}/members`)
  await expectWithinPromise(403, removedAtMs)
})

test('what they left is not there at their next click, and their own is', { timeout: SLOW }, async () => {
  const answer = await guest.goto(`${baseUrl}/${orgSlug}/settings`)
  expect(answer?.status()).toBe(404)
  expect((await guest.goto(`${baseUrl}/${elsewhere}`))?.status()).toBe(200)
})
