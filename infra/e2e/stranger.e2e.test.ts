import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatUsd, pusd, ZERO_PUSD, type Pusd } from '@atpar/core/money'
import { loadSnapshot } from '@atpar/db/gateway'
import { createPool } from '@atpar/db/pool'
import { launchChromium } from '@atpar/testkit/chromium'
import OpenAI from 'openai'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { closeMonth } from '../operator/close-month.ts'
import { createRandom } from '../system/random.ts'
import { readEvents, reconcile, type EventFacts } from '../system/reconcile.ts'
import { waitUntilSettled } from '../system/settled.ts'
import { startSystem, type RunningSystem } from '../system/start-system.ts'
import { planTraffic, playTraffic } from '../system/traffic.ts'
import { signUp } from './sign-up.ts'

const SLOW = 120_000
/** From the end of the answer to the figure on the open page. */
const VISIBLE_WITHIN_MS = 5_000
const REVOKED_WITHIN_MS = 5_000
const SEED = 1_122
const VERIFY = fileURLToPath(new URL('../../packages/verify/src/main.mjs', import.meta.url))

let system: RunningSystem
let browser: Browser
let page: Page
let baseUrl: string
let key: string
let orgSlug: string
let orgId: string
let invoicePath: string

const newPage = async (): Promise<Page> => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  return context.newPage()
}

const ask = (model: string, tokens: number) =>
  new OpenAI({ baseURL: `${system.proxyUrls[0]}/v1`, apiKey: key, maxRetries: 0 }).chat.completions.create({
    model,
    messages: [{ role: 'user', content: `Hello [[sim:{"tokens":${tokens}}]]` }],
  })

const sumOf = (events: readonly EventFacts[], field: 'billedPusd' | 'costPusd'): Pusd =>
  events.reduce<Pusd>((sum, event) => pusd(sum + event[field]), ZERO_PUSD)

beforeAll(async () => {
  ;[system, browser] = await Promise.all([startSystem({ worker: true, dashboard: true }), launchChromium()])
  baseUrl = system.dashboardUrl ?? ''
  page = await newPage()
}, SLOW)

afterAll(async () => {
  await browser.close()
  await system.stop()
}, SLOW)

test('a stranger signs up, names an organization and is shown a key once', { timeout: SLOW }, async () => {
  orgSlug = await signUp(page, system, {
    name: 'Grace Hopper',
    email: 'grace@example.test',
    organization: 'Compilers Inc',
  })
  await page.getByRole('button', { name: 'Create your key' }).click()
  key = await page.getByTestId('new-key').innerText()
  const { rows } = await system.owner.query<{ id: string }>('SELECT id FROM organization WHERE slug = $1', [orgSlug])
  orgId = rows[0]?.id ?? ''
  expect(key).toMatch(/^atpar_test_/)
})

test('the simulation banner is on the page', async () => {
  expect(await page.getByText('Simulated providers').first().innerText()).toContain('no request leaves this machine')
})

test('their first call is noticed by the page that waits for it, with what it cost', { timeout: SLOW }, async () => {
  const answer = await ask('claude-sonnet-5', 12)
  expect(answer.usage?.completion_tokens).toBe(12)
  await page.getByTestId('first-request').waitFor({ timeout: VISIBLE_WITHIN_MS })
  const cost = formatUsd(sumOf(await readEvents(system.owner, orgId), 'billedPusd'), 2)
  expect(await page.getByTestId('first-request').innerText()).toContain(cost)
})

test('the next call is on the open usage page within five seconds, to the last digit', { timeout: SLOW }, async () => {
  await page.goto(`${baseUrl}/${orgSlug}/usage?range=24h`)
  const before = await page.getByTestId('usage-total').innerText()
  await ask('gpt-4o-mini', 30)
  await expect.poll(() => page.getByTestId('usage-total').innerText(), { timeout: VISIBLE_WITHIN_MS }).not.toBe(before)
  const billed = sumOf(await readEvents(system.owner, orgId), 'billedPusd')
  expect((await page.getByTestId('usage-total').innerText()).replaceAll('\n', '')).toBe(`$${formatUsd(billed, 2)}`)
})

test(
  "the month closes, and the invoice is what was billed, which is what the providers' books say at list price",
  { timeout: SLOW },
  async () => {
    const [proxyUrl] = system.proxyUrls
    await playTraffic(planTraffic(createRandom(SEED), 250), { proxyUrl: proxyUrl ?? '', key, concurrency: 12 })
    await waitUntilSettled(system)
    const events = await readEvents(system.owner, orgId)
    const found = reconcile(events, system.simulators?.books.entries() ?? [], await loadSnapshot(system.owner))
    expect(found.missing).toEqual([])
    expect(found.exact.mismatches).toEqual([])
    expect(found.partial.overcharged).toEqual([])
    expect(found.billedPusd + found.absorbedPusd).toBe(sumOf(events, 'costPusd'))

    const pool = createPool({ url: system.database.urlFor('worker'), max: 2, applicationName: 'stranger-test' })
    const closed = await closeMonth({
      pool,
      orgSlug,
      mayMoveClock: true,
      publishChange: () => Promise.resolve(),
      log: () => {},
    })
    await pool.end()
    expect(closed.kind).toBe('closed')
    const { rows } = await system.owner.query<{ id: string; usage: string }>(
      'SELECT id, usage_pusd::text AS usage FROM invoice WHERE org_id = $1',
      [orgId],
    )
    expect(BigInt(rows[0]?.usage ?? '0')).toBe(found.billedPusd)

    invoicePath = `invoices/${rows[0]?.id}`
    await page.goto(`${baseUrl}/${orgSlug}/${invoicePath}`)
    await page.getByText('Verified at par').waitFor()
    expect((await page.getByRole('row', { name: /Usage at list price/ }).innerText()).replaceAll(/\s/g, '')).toContain(
      `$${formatUsd(found.billedPusd, 2)}`,
    )
  },
)

test(
  'its document and its evidence are downloaded, and atpar-verify computes it again',
  { timeout: SLOW },
  async () => {
    const download = async (file: string): Promise<Buffer> => {
      const answer = await page.request.get(`${baseUrl}/${orgSlug}/${invoicePath}/${file}`)
      expect(answer.status()).toBe(200)
      return answer.body()
    }
    expect((await download('pdf')).subarray(0, 5).toString()).toBe('%PDF-')
    const folder = await mkdtemp(join(tmpdir(), 'atpar-bundle-'))
    try {
      const bundle = join(folder, 'evidence.zip')
      await writeFile(bundle, await download('bundle'))
      const { status, stdout } = spawnSync(process.execPath, [VERIFY, bundle], { encoding: 'utf8' })
      expect(stdout).toMatch(/^verified: invoice \S+: \d+ calls recomputed/)
      expect(status).toBe(0)
    } finally {
      await rm(folder, { recursive: true })
    }
  },
)

test(
  'another organization finds none of it: not the organization, the invoice, or a request',
  { timeout: SLOW },
  async () => {
    const other = await newPage()
    const otherSlug = await signUp(other, system, {
      name: 'Mallory',
      email: 'mallory@example.test',
      organization: 'Elsewhere',
    })
    const [event] = await readEvents(system.owner, orgId)
    const statusOf = async (path: string): Promise<number | undefined> =>
      (await other.goto(`${baseUrl}/${path}`))?.status()
    expect(await statusOf(orgSlug)).toBe(404)
    expect(await statusOf(`${orgSlug}/${invoicePath}`)).toBe(404)
    expect(await statusOf(`${otherSlug}/${invoicePath}`)).toBe(404)
    for (const file of ['bundle', 'pdf'])
      expect((await other.request.get(`${baseUrl}/${otherSlug}/${invoicePath}/${file}`)).status()).toBe(404)
    expect(await statusOf(`${otherSlug}/requests/${event?.requestId}`)).toBe(404)
    expect(await statusOf(`${otherSlug}/usage`)).toBe(200)
  },
)

test(
  'a guardrail set on the screen refuses the next call by name, and says so beforehand',
  { timeout: SLOW },
  async () => {
    const secret = 'sk-proj-abcdefghijklmnopqrstuvwx'
    await page.goto(`${baseUrl}/${orgSlug}/settings/guardrails`)
    await page.getByText('Nothing is looked for yet').waitFor()
    await page.getByRole('button', { name: 'Add guardrail' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Credentials').selectOption('block')
    await dialog.getByRole('button', { name: 'Set guardrail' }).click()
    await page.getByRole('listitem', { name: 'the organization' }).getByText('Credentials: refused').waitFor()
    await page.getByLabel('Text').fill(`the key is ${secret}`)
    await page.getByRole('button', { name: 'Try it' }).click()
    await page.getByText('API key: refused').waitFor()
    const client = new OpenAI({ baseURL: `${system.proxyUrls[0]}/v1`, apiKey: key, maxRetries: 0 })
    const send = () =>
      client.chat.completions
        .create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: `the key is ${secret}` }] })
        .then(
          () => 'answered',
          (error: unknown) => (error instanceof OpenAI.APIError ? `${error.status} ${error.message}` : String(error)),
        )
    await expect.poll(send, { timeout: 15_000, interval: 200 }).toContain('api-key (1)')
    expect(await send()).toMatch(/^403 /)
    expect(await send()).not.toContain(secret)
  },
)

test('a revoked key is dead within five seconds', { timeout: SLOW }, async () => {
  await page.goto(`${baseUrl}/${orgSlug}/keys`)
  await page.getByRole('link', { name: 'First key' }).click()
  await page.getByRole('button', { name: /^Revoke / }).click()
  await page.getByRole('button', { name: 'Revoke key' }).click()
  await page.getByText('Revoked').first().waitFor()
  await expect
    .poll(
      async () =>
        ask('gpt-4o-mini', 1).then(
          () => 200,
          (error: unknown) => (error instanceof OpenAI.APIError ? `${error.status} ${error.code}` : String(error)),
        ),
      { timeout: REVOKED_WITHIN_MS, interval: 100 },
    )
    .toBe('403 key_disabled')
})
