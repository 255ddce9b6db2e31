import { createDb } from '@atpar/db/client'
import { createTeam, putInTeam } from '@atpar/db/teams'
import { withTenant } from '@atpar/db/tenant'
import { launchChromium } from '@atpar/testkit/chromium'
import { createMemberWith, createOrganizationWith } from '@atpar/testkit/factories'
import OpenAI from 'openai'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSystem, type RunningSystem } from '../system/start-system.ts'

const SLOW = 120_000
const EFFECTIVE_WITHIN_MS = 5_000
const PASSWORD = 'quiet maple lantern'
const LEAD = 'lead@example.test'
const MEMBER = 'member@example.test'
const ORG = 'compilers'
const MOST_CALLS = 200

let system: RunningSystem
let browser: Browser
let baseUrl: string
let lead: Page
let member: Page
let key: string

const logIn = async (email: string): Promise<Page> => {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage()
  await page.goto(`${baseUrl}/log-in?next=/${ORG}`)
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.waitForURL((url) => url.pathname === `/${ORG}`)
  return page
}

const ask = () =>
  new OpenAI({ baseURL: `${system.proxyUrls[0]}/v1`, apiKey: key }).chat.completions.create({
    model: 'claude-sonnet-5',
    max_tokens: 20,
    messages: [{ role: 'user', content: 'Hello [[sim:{"tokens":20}]]' }],
  })

beforeAll(async () => {
  ;[system, browser] = await Promise.all([startSystem({ worker: true, dashboard: true }), launchChromium()])
  baseUrl = system.dashboardUrl ?? ''
  const db = createDb({ url: system.database.ownerUrl, max: 2 })
  const { orgId, tenant } = await createOrganizationWith(db, { name: 'Compilers', slug: ORG })
  const { teamId } = await withTenant(db, tenant, (tx) => createTeam(tx, orgId, 'Search'))
  const admin = await createMemberWith(db, orgId, { name: 'Barbara Lead', email: LEAD, password: PASSWORD })
  await withTenant(db, tenant, (tx) => putInTeam(tx, orgId, { teamId, memberId: admin.memberId, role: 'team_admin' }))
  await createMemberWith(db, orgId, { name: 'Dev Member', email: MEMBER, password: PASSWORD, teamId })
  await db.$disconnect()
  lead = await logIn(LEAD)
  member = await logIn(MEMBER)
}, SLOW)

afterAll(async () => {
  await browser.close()
  await system.stop()
}, SLOW)

test('a team admin issues a member a key with a budget of two cents a day', { timeout: SLOW }, async () => {
  await lead.goto(`${baseUrl}/${ORG}/keys`)
  await lead.getByRole('button', { name: 'Create key' }).click()
  const dialog = lead.getByRole('dialog')
  await dialog.getByLabel('Name', { exact: true }).fill('Dev laptop')
  await dialog.getByLabel('For').selectOption({ label: 'Dev Member (Search)' })
  await dialog.getByLabel('Daily budget').fill('0.02')
  await dialog.getByRole('button', { name: 'Create key' }).click()
  key = await dialog.getByTestId('new-key').innerText()
  await dialog.getByRole('button', { name: 'I have copied it' }).click()
  expect((await ask()).choices).toHaveLength(1)
})

test('the SDK spends it, and is then refused with 402 at once, without trying again', { timeout: SLOW }, async () => {
  let refusal: unknown
  for (let calls = 0; refusal === undefined && calls < MOST_CALLS; calls += 1)
    await ask().catch((error: unknown) => {
      refusal = error
    })
  expect(refusal).toBeInstanceOf(OpenAI.APIError)
  expect(refusal).toMatchObject({ status: 402, code: 'budget_exceeded' })
})

test('the member’s screens say which limit, how much, until when and whom to ask', { timeout: SLOW }, async () => {
  await member.goto(`${baseUrl}/${ORG}`)
  const notice = member.getByTestId('blocked')
  await expect.poll(() => notice.isVisible(), { timeout: EFFECTIVE_WITHIN_MS }).toBe(true)
  const said = await notice.innerText()
  expect(said).toContain('The daily budget of the key “Dev laptop”')
  expect(said).toContain('of $0.02')
  expect(said).toMatch(/It begins again \w{3} \d+, \d\d:\d\d/)
  expect(said).toContain('Barbara Lead')
  await member.goto(`${baseUrl}/${ORG}/keys`)
  await member.getByRole('link', { name: 'Dev laptop' }).click()
  await member.getByTestId('blocked').waitFor()
  expect(await member.getByRole('button', { name: 'Budget', exact: true }).count()).toBe(0)
})

test('the team admin raises it, and the next call passes within five seconds', { timeout: SLOW }, async () => {
  await lead.getByRole('link', { name: 'Dev laptop' }).click()
  await lead.getByRole('button', { name: 'Change the budget of the key “Dev laptop”' }).click()
  const dialog = lead.getByRole('dialog')
  await dialog.getByLabel('Amount').fill('1')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'detached' })
  const raisedAtMs = Date.now()
  const answered = () =>
    ask().then(
      () => 200,
      (error: unknown) => (error instanceof OpenAI.APIError ? error.status : 0),
    )
  await expect.poll(answered, { timeout: EFFECTIVE_WITHIN_MS, interval: 100 }).toBe(200)
  expect(Date.now() - raisedAtMs).toBeLessThanOrEqual(EFFECTIVE_WITHIN_MS)
  await member.reload()
  await expect.poll(() => member.getByTestId('blocked').count(), { timeout: EFFECTIVE_WITHIN_MS }).toBe(0)
})
