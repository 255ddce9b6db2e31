import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { hmacKey } from '@atpar/crypto/api-key'
import { verifyPassword } from '@atpar/crypto/password'
import { createPool, type Pool } from '@atpar/db/pool'
import { findCaller } from '@atpar/db/gateway'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SeededLogin } from './key-file.ts'

const PEPPER = Buffer.alloc(32, 3)

let database: TestDatabase
let owner: Pool
let gateway: Pool
let folder: string
let keyFile: string

const seed = async (scenario?: string, extra: Record<string, string> = {}): Promise<string> => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, 'run.ts'), ...(scenario === undefined ? [] : [scenario])],
    {
      env: {
        DATABASE_URL: database.ownerUrl,
        KEY_PEPPERS: `p1:${PEPPER.toString('hex')}`,
        DEMO_PASSWORD: 'demo password',
        DEMO_KEY_FILE: keyFile,
        ...extra,
      },
    },
  )
  return stdout
}

const count = async (table: string): Promise<number> =>
  (await owner.query<{ rows: number }>(`SELECT count(*)::int AS rows FROM ${table}`)).rows[0]?.rows ?? -1

const readLogin = async (): Promise<SeededLogin> => JSON.parse(await readFile(keyFile, 'utf8')) as SeededLogin

beforeAll(async () => {
  database = await createTestDatabase()
  owner = createPool({ url: database.ownerUrl, max: 1, applicationName: 'test' })
  gateway = createPool({ url: database.urlFor('gateway'), max: 1, applicationName: 'test' })
  folder = await mkdtemp(join(tmpdir(), 'atpar-seed-'))
  keyFile = join(folder, 'demo.json')
}, 90_000)

afterAll(async () => {
  await gateway.end()
  await owner.end()
  await database.drop()
  await rm(folder, { recursive: true })
})

describe('seeding', () => {
  it("leaves a database of someone's own without an organization", async () => {
    await seed(undefined, { SEED_DEMO: 'off' })
    expect(await count('organization')).toBe(0)
    expect(await count('model')).toBeGreaterThanOrEqual(100)
  }, 60_000)

  it('makes a demo organization whose login and key work, once', async () => {
    await seed()
    const login = await readLogin()
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600)
    expect(await findCaller(gateway, hmacKey(login.key, PEPPER))).toMatchObject({
      keyStatus: 'active',
      budgets: [{ scope: 'organization' }],
    })
    const { rows } = await owner.query<{ password_hash: string }>(
      'SELECT password_hash FROM app_user WHERE email = $1',
      [login.email],
    )
    expect(await verifyPassword(rows[0]?.password_hash ?? null, login.password)).toBe(true)
    const before = [await count('organization'), await count('api_key'), await count('app_user'), await count('team')]
    await seed('demo')
    expect([await count('organization'), await count('api_key'), await count('app_user'), await count('team')]).toEqual(
      before,
    )
    expect(await readLogin()).toEqual(login)
  }, 60_000)

  it('replaces a key whose text was lost', async () => {
    const lost = await readLogin()
    await rm(keyFile)
    await seed('demo', { DEMO_PASSWORD: 'another password' })
    const found = await readLogin()
    expect(await findCaller(gateway, hmacKey(found.key, PEPPER))).toMatchObject({ keyStatus: 'active' })
    expect(await findCaller(gateway, hmacKey(lost.key, PEPPER))).toMatchObject({ keyStatus: 'revoked' })
    const { rows } = await owner.query<{ password_hash: string }>(
      'SELECT password_hash FROM app_user WHERE email = $1',
      [found.email],
    )
    expect(await verifyPassword(rows[0]?.password_hash ?? null, 'another password')).toBe(true)
  }, 60_000)

  it('writes a past whose roll-ups equal its events, the same one every time', async () => {
    await seed('acme')
    const events = await count('usage_event')
    expect(events).toBeGreaterThan(1000)
    const { rows } = await owner.query(`
      SELECT (SELECT sum(billed_pusd) FROM usage_event) = (SELECT sum(billed_pusd) FROM usage_rollup_hourly) AS same_money,
        (SELECT sum(billed_pusd) FROM usage_event) > 0 AS cost_something, (SELECT count(*) FROM usage_event_default)::int AS strays`)
    expect(rows).toEqual([{ same_money: true, cost_something: true, strays: 0 }])
    await seed('acme')
    // Time went on meanwhile, so a request that lay ahead may have happened.
    expect(await count('usage_event')).toBeLessThan(events + 50)
  }, 120_000)

  it('refuses a scenario it does not know and names those it does', async () => {
    await expect(seed('nope')).rejects.toThrow(/empty, demo, acme, over-budget/)
  }, 60_000)
})
