import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '@atpar/testkit/chromium'
import { buildId } from '@atpar/testkit/usage-events'
import { deliverCall, issueInvoice, readNewestKey } from '../test/arrange.ts'
import { signUp } from '../test/browse.ts'
import { startDashboard, type TestDashboard } from '../test/start-dashboard.ts'

const SLOW = 120_000
const PATIENCE_MS = 10_000
const VICTIM = 'acme-robotics'

let dashboard: TestDashboard
let browser: Browser
let context: BrowserContext
let page: Page
let ownSlug: string
const theirs = { requests: '', invoices: '', members: '', teams: '', keys: '' }

beforeAll(async () => {
  ;[dashboard, browser] = await Promise.all([startDashboard('acme'), launchChromium()])
  const key = await readNewestKey(dashboard.pool, VICTIM)
  theirs.keys = key.keyId
  theirs.requests = (await deliverCall(dashboard.pool, key)).requestId
  theirs.invoices = (await issueInvoice(dashboard.pool, VICTIM)).invoiceId
  const { rows } = await dashboard.pool.query<{ member: string; team: string }>(
    `SELECT p.member_id AS member, p.team_id AS team FROM team_membership p JOIN organization o ON o.id = p.org_id WHERE o.slug = $1 LIMIT 1`,
    [VICTIM],
  )
  theirs.members = rows[0]?.member ?? ''
  theirs.teams = rows[0]?.team ?? ''
  context = await browser.newContext()
  page = await context.newPage()
  ownSlug = (
    await signUp(page, dashboard, { name: 'Mallory', email: 'mallory@example.test', organization: 'Elsewhere' })
  ).orgSlug
}, SLOW)

afterAll(async () => {
  await browser.close()
  await dashboard.stop()
}, SLOW)

interface Answer {
  readonly status: number | undefined
  readonly title: string
  readonly text: string
}

/** What a 404 is once all of it is there: the browser draws it, and titles it last. */
const open = async (path: string, title = 'Atpar'): Promise<Answer> => {
  const response = await page.goto(`${dashboard.url}${path}`)
  await page.getByRole('heading', { name: 'Page not found' }).waitFor()
  await expect.poll(() => page.title(), { timeout: PATIENCE_MS }).toBe(title)
  return { status: response?.status(), title: await page.title(), text: await page.locator('body').innerText() }
}

const SECTIONS = [
  '',
  '/usage',
  '/requests',
  '/keys',
  '/budgets',
  '/invoices',
  '/start',
  '/members',
  '/teams',
  '/settings',
]

test.each(SECTIONS)(
  'another organization’s slug%s answers as one that nobody has',
  { timeout: SLOW },
  async (section) => {
    const answer = await open(`/${VICTIM}${section}`)
    expect(answer.status).toBe(404)
    expect(answer).toEqual(await open(`/nobody-has-this${section}`))
  },
)

test.each([
  ['requests', 'Atpar'],
  ['invoices', 'Atpar'],
  ['members', 'Member · Atpar'],
  ['teams', 'Team · Atpar'],
  ['keys', 'Key · Atpar'],
] as const)('another organization’s id below /%s answers as a random one', { timeout: SLOW }, async (kind, title) => {
  const answer = await open(`/${ownSlug}/${kind}/${theirs[kind]}`, title)
  expect(answer.status).toBe(404)
  expect(answer).toEqual(await open(`/${ownSlug}/${kind}/${buildId(Date.now())}`, title))
  expect(answer).toEqual(await open(`/${ownSlug}/${kind}/no-id-at-all`, title))
})

test.each(['document', 'evidence'])(
  'another organization’s invoice %s cannot be downloaded',
  { timeout: SLOW },
  async (file) => {
    const fetchFile = async (path: string) => {
      const answer = await context.request.get(`${dashboard.url}${path}`)
      return { status: answer.status(), body: await answer.text() }
    }
    const random = buildId(Date.now())
    const answer = await fetchFile(`/${ownSlug}/invoices/${theirs.invoices}/${file}`)
    expect(answer.status).toBe(404)
    expect(answer).toEqual(await fetchFile(`/${ownSlug}/invoices/${random}/${file}`))
    expect((await fetchFile(`/${VICTIM}/invoices/${theirs.invoices}/${file}`)).status).toBe(404)
  },
)

test('the owner does see what the other could not', { timeout: SLOW }, async () => {
  const { login } = dashboard
  if (login === null) throw new Error('The scenario has no login.')
  const own = await browser.newContext()
  const ownPage = await own.newPage()
  await ownPage.goto(`${dashboard.url}/log-in?next=/${VICTIM}/invoices/${theirs.invoices}`)
  await ownPage.getByLabel('E-mail').fill(login.email)
  await ownPage.getByLabel('Password').fill(login.password)
  await ownPage.getByRole('button', { name: 'Log in', exact: true }).click()
  await ownPage.getByTestId('invoice-total').waitFor()
  expect(await ownPage.getByTestId('invoice-total').innerText()).toBe('$1.23')
  expect(await ownPage.getByTestId('verified').innerText()).toBe('Verified at par')
  const document = await own.request.get(`${dashboard.url}/${VICTIM}/invoices/${theirs.invoices}/document`)
  expect(document.headers()['content-disposition']).toContain('attachment')
  expect(await document.text()).toContain('Total $1.23')
  const request = await ownPage.goto(`${dashboard.url}/${VICTIM}/requests/${theirs.requests}`)
  expect(request?.status()).toBe(200)
  await own.close()
})
