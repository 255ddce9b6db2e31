import { mkdirSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { launchChromium } from '@atpar/testkit/chromium'
import OpenAI from 'openai'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inOrganization, sha256 } from '../system/own-credential.ts'
import { waitUntilSettled } from '../system/settled.ts'
import { startSystem, type RunningSystem } from '../system/start-system.ts'
import { signUp } from './sign-up.ts'

const SLOW = 120_000
/** From the act on the screen to the next call. */
const EFFECTIVE_WITHIN_MS = 5_000
const OWN_KEY = 'sk-own-e2e-canary-31d4f0a97c6b58e2'
const PLATFORM_KEY = 'simulated'
const SCREENSHOTS = join(import.meta.dirname, '..', '..', 'apps', 'dashboard', 'artifacts', 'screenshots')

let system: RunningSystem
let browser: Browser
let page: Page
let baseUrl: string
let orgSlug: string
let key: string

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true })
  ;[system, browser] = await Promise.all([
    startSystem({ worker: true, dashboard: true, localEndpoints: true }),
    launchChromium(),
  ])
  baseUrl = system.dashboardUrl ?? ''
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage()
  orgSlug = await signUp(page, system, {
    name: 'Grace Hopper',
    email: 'grace@example.test',
    organization: 'Compilers Inc',
  })
  await page.getByRole('button', { name: 'Create your key' }).click()
  key = await page.getByTestId('new-key').innerText()
}, SLOW)

afterAll(async () => {
  await browser.close()
  await system.stop()
}, SLOW)

const screen = (): string => `${baseUrl}/${orgSlug}/settings/credentials`

const ask = async (): Promise<string> => {
  const client = new OpenAI({ baseURL: `${system.proxyUrls[0]}/v1`, apiKey: key, maxRetries: 0 })
  const { response } = await client.chat.completions
    .create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello [[sim:{"tokens":40}]]' }] })
    .withResponse()
  return response.headers.get('x-request-id') ?? ''
}

/** The keys providers saw since they were last asked, by their hash. */
const keysSeen = (): readonly (string | null)[] => {
  const seen = system.simulators?.books.entries().map(({ keySha256 }) => keySha256) ?? []
  system.simulators?.books.clear()
  return seen
}

const untilKeyIs = (apiKey: string) =>
  expect
    .poll(
      async () => {
        keysSeen()
        await ask()
        return keysSeen().at(-1)
      },
      { timeout: EFFECTIVE_WITHIN_MS, interval: 200 },
    )
    .toBe(sha256(apiKey))

const look = async (name: string): Promise<void> => {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    .analyze()
  expect(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`))).toEqual([])
  for (const [width, colorScheme] of [
    [1440, 'light'],
    [390, 'dark'],
  ] as const) {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: join(SCREENSHOTS, `${name}-${width}-${colorScheme}.png`), fullPage: true })
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
  }
  await page.setViewportSize({ width: 1440, height: 900 })
  await page.emulateMedia({ colorScheme: 'light' })
}

test('without a credential the screen says what one is for', { timeout: SLOW }, async () => {
  await page.goto(`${baseUrl}/${orgSlug}/settings`)
  await page.getByRole('link', { name: 'Provider credentials' }).click()
  await page.getByText('Bring your own provider account').waitFor()
  await look('credentials-empty')
  await untilKeyIs(PLATFORM_KEY)
})

test(
  'a key that cannot be one is refused at its input, and is not in the page afterwards',
  { timeout: SLOW },
  async () => {
    await page.getByRole('button', { name: 'Add credential' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Label').fill('Production account')
    await dialog.getByLabel('API key').fill('has a space in it')
    await dialog.getByRole('button', { name: 'Add credential' }).click()
    await dialog.getByText('A key is 8 to 1,000 characters').waitFor()
    await look('credentials-add')
  },
)

test('once added, the next calls go out with exactly that key', { timeout: SLOW }, async () => {
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Label').fill('Production account')
  await dialog.getByLabel('API key').fill(OWN_KEY)
  await dialog.getByRole('button', { name: 'Add credential' }).click()
  await page.getByRole('listitem', { name: 'Production account' }).waitFor()
  await untilKeyIs(OWN_KEY)
})

test('the screen tells which key it is by its last four characters and never shows it', { timeout: SLOW }, async () => {
  await page.goto(screen())
  const item = page.getByRole('listitem', { name: 'Production account' })
  expect(await item.innerText()).toContain(`••••${OWN_KEY.slice(-4)}`)
  await page.getByText(/models run on your own account here/).click()
  expect(await page.content()).not.toContain(OWN_KEY)
  await look('credentials')
})

test('testing it says that the provider takes it', { timeout: SLOW }, async () => {
  await page.getByRole('button', { name: 'Test Production account' }).click()
  await page.getByText('The provider takes this key.').waitFor()
})

test('a call on it is billed nothing, its cost is shown', { timeout: SLOW }, async () => {
  const requestId = await ask()
  await waitUntilSettled(system)
  const { rows } = await system.owner.query<{ funding: string; billed: string; cost: string }>(
    'SELECT funding, billed_pusd::text AS billed, cost_pusd::text AS cost FROM usage_event WHERE request_id = $1',
    [requestId],
  )
  expect(rows).toMatchObject([{ funding: 'byok', billed: '0' }])
  expect(BigInt(rows[0]?.cost ?? '0')).toBeGreaterThan(0n)
  await page.goto(screen())
  const spend = await page.getByTestId('own-spend-openai').innerText()
  expect(spend).toMatch(/This month \$0\.0\d+ at list price in \d+ requests?; Atpar bills \$0\.00 of it/)
})

test(
  'when the provider refuses it, the call goes on over the platform and the screen says so',
  { timeout: SLOW },
  async () => {
    await untilKeyIs(OWN_KEY)
    system.simulators?.faults.add({ provider: 'openai', directive: { status: 401 }, times: 1 })
    keysSeen()
    await ask()
    expect(keysSeen()).toEqual([sha256(OWN_KEY), sha256(PLATFORM_KEY)])
    await expect
      .poll(
        async () => {
          await page.goto(screen())
          return page.getByRole('listitem', { name: 'Production account' }).innerText()
        },
        { timeout: EFFECTIVE_WITHIN_MS },
      )
      .toContain('Refused by the provider')
    await look('credentials-refused')
    await untilKeyIs(PLATFORM_KEY)
  },
)

test('replacing the key puts it back to use', { timeout: SLOW }, async () => {
  await page.getByRole('button', { name: 'Replace the key of Production account' }).click()
  await page.getByRole('dialog').getByLabel('API key').fill(`${OWN_KEY}-2`)
  await page.getByRole('dialog').getByRole('button', { name: 'Replace key' }).click()
  await page.getByText('in use').waitFor()
  await untilKeyIs(`${OWN_KEY}-2`)
})

test(
  'deleting it names the consequence, and the platform serves again within five seconds',
  { timeout: SLOW },
  async () => {
    await page.getByRole('button', { name: 'Delete Production account' }).click()
    const dialog = page.getByRole('dialog')
    expect(await dialog.innerText()).toContain('go over Atpar’s account')
    await dialog.getByRole('button', { name: 'Delete credential' }).click()
    await page.getByText('Bring your own provider account').waitFor()
    await untilKeyIs(PLATFORM_KEY)
  },
)

test('an endpoint of one’s own is added, tested, given a model, called and removed', { timeout: SLOW }, async () => {
  await page.goto(`${baseUrl}/${orgSlug}/settings`)
  await page.getByRole('link', { name: 'Own endpoints' }).click()
  await page.getByText('Bring your own endpoint').waitFor()
  await page.getByRole('button', { name: 'Add endpoint' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name', { exact: true }).fill('house')
  await dialog.getByLabel('Label').fill('GPU box')
  await dialog.getByLabel('Base URL').fill('http://169.254.169.254/v1')
  await dialog.getByRole('button', { name: 'Add endpoint' }).click()
  await dialog.getByText('The base URL must name').waitFor()
  await look('endpoints-add')
  await dialog.getByLabel('Base URL').fill(`http://127.0.0.1:${system.simulators?.port ?? 0}/custom/v1`)
  await dialog.getByLabel('Key').fill(OWN_KEY)
  await dialog.getByRole('button', { name: 'Add endpoint' }).click()
  await page.getByRole('heading', { name: 'GPU box' }).waitFor()
  await page.getByRole('button', { name: 'Test GPU box' }).click()
  await page.getByText('The endpoint answers and takes the key.').waitFor()
  await page.getByRole('button', { name: 'Add a model to house' }).click()
  await dialog.getByLabel('What the endpoint calls it').fill('their-llama')
  await dialog.getByLabel('What callers call it').fill('llama')
  await dialog.getByLabel('Input costs you').fill('0.2')
  await dialog.getByLabel('Output costs you').fill('0.6')
  await dialog.getByRole('button', { name: 'Add model' }).click()
  await page.getByText('custom/house/llama').first().waitFor()
  await look('endpoints')
  const client = new OpenAI({ baseURL: `${system.proxyUrls[0]}/v1`, apiKey: key, maxRetries: 0 })
  const call = (): Promise<string> =>
    client.chat.completions
      .create({ model: 'custom/house/llama', messages: [{ role: 'user', content: 'Hello [[sim:{"tokens":4}]]' }] })
      .then(
        () => 'answered',
        (error: unknown) => (error instanceof OpenAI.APIError ? String(error.status) : String(error)),
      )
  await expect.poll(call, { timeout: SLOW / 4, interval: 200 }).toBe('answered')
  expect(keysSeen().at(-1)).toBe(sha256(OWN_KEY))
  await page.getByRole('button', { name: 'Remove GPU box' }).click()
  expect(await dialog.innerText()).toContain('the model of “house”')
  await dialog.getByRole('button', { name: 'Remove endpoint' }).click()
  await page.getByText('Bring your own endpoint').waitFor()
  await expect.poll(call, { timeout: SLOW / 4, interval: 200 }).toBe('404')
})

/** Every text that could hold them: pages, logs, metrics, files, and each row of each table. */
async function* readEverything(): AsyncGenerator<{ readonly where: string; readonly text: string }> {
  for (const path of ['', '/usage', '/requests', '/settings/credentials', '/settings/audit-log']) {
    const answer = await page.goto(`${baseUrl}/${orgSlug}${path}`)
    yield { where: `page ${path}`, text: (await answer?.text()) ?? '' }
  }
  const processes = [...system.proxies, system.shipper, system.worker, system.dashboard]
  for (const [index, started] of processes.entries()) yield { where: `log ${index}`, text: started?.output() ?? '' }
  yield { where: 'metrics', text: await (await fetch(`${system.proxyUrls[0]}/metrics`)).text() }
  for (const file of await readdir(system.folder, { recursive: true, withFileTypes: true }))
    if (file.isFile()) yield { where: file.name, text: await readFile(join(file.parentPath, file.name), 'latin1') }
  const { rows: tables } = await system.owner.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')`,
  )
  const { rows: organizations } = await system.owner.query<{ id: string }>(
    'SELECT DISTINCT org_id::text AS id FROM change_log WHERE org_id IS NOT NULL',
  )
  for (const { name } of tables)
    for (const { id } of organizations)
      yield {
        where: `table ${name}`,
        text: await inOrganization(system.owner, id, async (client) => {
          const { rows } = await client.query<{ text: string }>(`SELECT t::text AS text FROM "${name}" t`)
          return rows.map(({ text }) => text).join('\n')
        }),
      }
}

test(
  'the key is nowhere but sealed: in no page, log, metric, file or row, plain or encoded',
  { timeout: SLOW },
  async () => {
    await page.goto(screen())
    await page.getByRole('button', { name: 'Add credential' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Label').fill('Canary')
    await dialog.getByLabel('API key').fill(OWN_KEY)
    await dialog.getByRole('button', { name: 'Add credential' }).click()
    await page.getByRole('listitem', { name: 'Canary' }).waitFor()
    await untilKeyIs(OWN_KEY)
    await waitUntilSettled(system)
    const bytes = Buffer.from(OWN_KEY)
    const forms = [OWN_KEY, bytes.toString('hex'), bytes.toString('base64').slice(0, -4)]
    const seen: string[] = []
    const found: string[] = []
    for await (const { where, text } of readEverything()) {
      if (text.includes('Canary')) seen.push(where)
      if (forms.some((form) => text.includes(form))) found.push(where)
    }
    expect(found).toEqual([])
    // That the search reads what it says: the label is found where labels belong.
    expect(seen).toEqual(expect.arrayContaining(['page /settings/credentials', 'table credential', 'table audit_log']))
  },
)
