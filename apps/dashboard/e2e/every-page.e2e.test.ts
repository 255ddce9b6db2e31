import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from '@atpar/testkit/chromium'
import { arrangeBilling } from '../test/arrange-billing.ts'
import { arrangeOperator } from '../test/arrange-operator.ts'
import { deliverCall, issueInvoice, readNewestKey } from '../test/arrange.ts'
import { collectComplaints, logIn } from '../test/browse.ts'
import { startDashboard, type TestDashboard } from '../test/start-dashboard.ts'

const SLOW = 120_000
const SCREENSHOTS = fileURLToPath(new URL('../artifacts/screenshots/', import.meta.url))
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
/** The owner of the organization, made one of the platform's staff. */
const OPERATOR = 'owner@acme.example'
/** A member who is asked for a second factor. */
const CAREFUL = 'ada@acme.example'
/** Script on the first visit, as it travels. Grows only on purpose. */
const MAX_SCRIPT_BYTES = 230_000

let dashboard: TestDashboard
let browser: Browser
const ids = { requestId: '', invoiceId: '', memberId: '', teamId: '', keyId: '' }

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true })
  ;[dashboard, browser] = await Promise.all([startDashboard('acme'), launchChromium()])
  const key = await readNewestKey(dashboard.pool, 'acme-robotics')
  ids.keyId = key.keyId
  ids.requestId = (await deliverCall(dashboard.pool, key)).requestId
  const { rows: places } = await dashboard.pool.query<{ member_id: string; team_id: string }>(
    `SELECT p.member_id, p.team_id FROM team_membership p JOIN team t ON t.id = p.team_id WHERE t.name = 'Platform'`,
  )
  ids.memberId = places[0]?.member_id ?? ''
  ids.teamId = places[0]?.team_id ?? ''
  ids.invoiceId = (await issueInvoice(dashboard.pool, 'acme-robotics')).invoiceId
  await arrangeBilling(dashboard.pool, 'acme-robotics', ids.invoiceId)
  await arrangeOperator(dashboard.pool, OPERATOR, 'acme-robotics')
  await dashboard.pool.query(
    `INSERT INTO user_totp (user_id, sealed_secret, confirmed_at) SELECT id, 'never opened here'::bytea, now() FROM app_user WHERE email = $1`,
    [CAREFUL],
  )
}, SLOW)

afterAll(async () => {
  await browser.close()
  await dashboard.stop()
}, SLOW)

interface PublicOrOwn {
  readonly name: string
  readonly path: () => string
}

const PUBLIC: readonly PublicOrOwn[] = [
  { name: 'landing', path: () => '/' },
  // Not all of them: looking at a thousand links takes axe minutes, and they are alike.
  { name: 'prices', path: () => '/models?provider=openai' },
  { name: 'prices of a model', path: () => '/models/gpt-4o-mini' },
  { name: 'quickstart', path: () => '/docs' },
  { name: 'api', path: () => '/docs/api' },
  { name: 'formats', path: () => '/docs/formats' },
  { name: 'guardrails documentation', path: () => '/docs/guardrails' },
  { name: 'errors', path: () => '/docs/errors' },
  { name: 'source', path: () => '/source' },
  { name: 'log-in', path: () => '/log-in' },
  { name: 'sign-up', path: () => '/sign-up' },
  { name: 'invitation', path: () => '/join/a-link-nobody-was-sent' },
]
const OWN: readonly PublicOrOwn[] = [
  { name: 'home', path: () => '/acme-robotics' },
  { name: 'usage', path: () => '/acme-robotics/usage' },
  { name: 'requests', path: () => '/acme-robotics/requests' },
  { name: 'request', path: () => `/acme-robotics/requests/${ids.requestId}` },
  { name: 'keys', path: () => '/acme-robotics/keys' },
  { name: 'key', path: () => `/acme-robotics/keys/${ids.keyId}` },
  { name: 'budgets', path: () => '/acme-robotics/budgets' },
  { name: 'members', path: () => '/acme-robotics/members' },
  { name: 'member', path: () => `/acme-robotics/members/${ids.memberId}` },
  { name: 'teams', path: () => '/acme-robotics/teams' },
  { name: 'team', path: () => `/acme-robotics/teams/${ids.teamId}` },
  { name: 'settings', path: () => '/acme-robotics/settings' },
  { name: 'invoices', path: () => '/acme-robotics/invoices' },
  { name: 'invoice', path: () => `/acme-robotics/invoices/${ids.invoiceId}` },
  { name: 'billing', path: () => '/acme-robotics/settings/billing' },
  { name: 'credentials', path: () => '/acme-robotics/settings/credentials' },
  { name: 'endpoints', path: () => '/acme-robotics/settings/endpoints' },
  { name: 'guardrails', path: () => '/acme-robotics/settings/guardrails' },
  { name: 'start', path: () => '/acme-robotics/start' },
  { name: 'prompts-and-answers', path: () => '/acme-robotics/settings/content' },
  { name: 'data', path: () => '/acme-robotics/settings/data' },
  { name: 'support-access', path: () => '/acme-robotics/settings/support' },
  { name: 'audit-log', path: () => '/acme-robotics/settings/audit-log' },
  { name: 'management-keys', path: () => '/acme-robotics/settings/management-keys' },
  { name: 'security', path: () => '/acme-robotics/settings/security' },
  { name: 'account', path: () => '/account' },
  { name: 'account-two-factor', path: () => '/account/two-factor' },
  { name: 'operator', path: () => '/operator' },
  { name: 'operator-accounts', path: () => '/operator/accounts' },
  { name: 'operator-proofs', path: () => '/operator/proofs' },
  { name: 'operator-reconciliation', path: () => '/operator/reconciliation' },
  { name: 'operator-prices', path: () => '/operator/prices' },
  { name: 'operator-stripe', path: () => '/operator/stripe' },
  { name: 'new-organization', path: () => '/new-organization' },
  { name: 'not-found', path: () => '/nobody-has-this' },
]

// Contrast depends on the theme and reading order on the width: checking each once on either diagonal finds both, in half the time.
const LOOKS = [
  { theme: 'light', width: 1440, isChecked: true },
  { theme: 'dark', width: 1440, isChecked: false },
  { theme: 'light', width: 390, isChecked: false },
  { theme: 'dark', width: 390, isChecked: true },
] as const

/** What axe finds wrong, as text that names the element. */
const findBarriers = async (page: Page): Promise<readonly string[]> => {
  const { violations } = await new AxeBuilder({ page }).withTags(WCAG).analyze()
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`))
}

describe.each(LOOKS)('$theme at $width px', ({ theme, width, isChecked }) => {
  let context: BrowserContext
  let page: Page
  let complaints: readonly string[]

  beforeAll(async () => {
    context = await browser.newContext({ colorScheme: theme, viewport: { width, height: 900 } })
    complaints = collectComplaints(context)
    page = await context.newPage()
  }, SLOW)
  afterAll(() => context.close())

  const look = async ({ name, path }: PublicOrOwn) => {
    await page.locator('h1').first().waitFor()
    // A page that sends somebody away was not looked at.
    expect(new URL(page.url()).pathname).toBe(new URL(path(), dashboard.url).pathname)
    // The page that stands in for a broken one is accessible and fits, too.
    expect(await page.getByRole('heading', { name: 'Something went wrong' }).count()).toBe(0)
    await page.screenshot({ path: `${SCREENSHOTS}${name}-${width}-${theme}.png`, fullPage: true })
    if (isChecked) expect(await findBarriers(page)).toEqual([])
    // A page that scrolls sideways is broken on a phone.
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
  }
  const visit = async (place: PublicOrOwn) => {
    await page.goto(`${dashboard.url}${place.path()}`)
    await look(place)
  }

  test.each(PUBLIC)('$name is accessible and fits', { timeout: SLOW }, visit)

  test('the second factor is accessible and fits', { timeout: SLOW }, async () => {
    await logIn(page, dashboard, { email: CAREFUL, password: dashboard.login?.password ?? '' })
    await look({ name: 'log-in-two-factor', path: () => '/log-in/two-factor' })
    await context.clearCookies()
  })

  test('logging in works', { timeout: SLOW }, async () => {
    if (dashboard.login === null) throw new Error('The scenario has no login.')
    await logIn(page, dashboard, dashboard.login)
  })

  test.each(OWN)('$name is accessible and fits', { timeout: SLOW }, visit)

  test('the dialog that creates a key is accessible', { timeout: SLOW }, async () => {
    await page.goto(`${dashboard.url}/acme-robotics/keys`)
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByRole('dialog').waitFor()
    await page.screenshot({ path: `${SCREENSHOTS}create-key-${width}-${theme}.png` })
    if (isChecked) expect(await findBarriers(page)).toEqual([])
  })

  test.each([
    ['members', 'Invite people'],
    ['teams', 'Create team'],
  ])('the dialog of %s is accessible', { timeout: SLOW }, async (section, button) => {
    await page.goto(`${dashboard.url}/acme-robotics/${section}`)
    await page.getByRole('button', { name: button }).click()
    await page.getByRole('dialog').waitFor()
    await page.screenshot({ path: `${SCREENSHOTS}${section}-dialog-${width}-${theme}.png` })
    if (isChecked) expect(await findBarriers(page)).toEqual([])
  })

  test('the browser had nothing to complain about but the missing page', () => {
    expect(complaints.filter((complaint) => !complaint.includes('/nobody-has-this'))).toEqual([])
  })
})

test('every page sends its guards', { timeout: SLOW }, async () => {
  const answer = await fetch(dashboard.url)
  const policy = answer.headers.get('content-security-policy') ?? ''
  expect(policy).toMatch(/script-src 'self' 'nonce-[^']+' 'strict-dynamic';/)
  expect(policy).toContain("frame-ancestors 'none'")
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  expect(answer.headers.get('referrer-policy')).toBe('strict-origin-when-cross-origin')
  expect(answer.headers.get('x-powered-by')).toBeNull()
  const icon = await fetch(`${dashboard.url}/favicon.ico`)
  expect([icon.status, icon.headers.get('content-type')]).toEqual([200, 'image/svg+xml'])
})

test.each([...PUBLIC, ...OWN.slice(0, 4)])('$name loads little script', { timeout: SLOW }, async ({ path }) => {
  const context = await browser.newContext()
  const page = await context.newPage()
  if (dashboard.login !== null && path().startsWith('/acme')) await logIn(page, dashboard, dashboard.login)
  const fresh = await browser.newContext({ storageState: await context.storageState() })
  const measured = await fresh.newPage()
  let bytes = 0
  measured.on('requestfinished', (request) => {
    if (request.resourceType() === 'script') void request.sizes().then((sizes) => (bytes += sizes.responseBodySize))
  })
  await measured.goto(`${dashboard.url}${path()}`, { waitUntil: 'networkidle' })
  expect(bytes).toBeGreaterThan(0)
  expect(bytes).toBeLessThanOrEqual(MAX_SCRIPT_BYTES)
  await Promise.all([context.close(), fresh.close()])
})
