import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { open, parseSealingPrivateKeys } from '@atpar/crypto/sealing'
import { createPool, type Pool } from '@atpar/db/pool'
import { listSealed } from '@atpar/db/sealed-credentials'
import { decodeCredentialSecret } from '@atpar/providers/credential'
import { createTestDatabase, type TestDatabase } from '@atpar/testkit/postgres'
import { Pool as OwnerPool } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addOwnCredential, inOrganization } from '../system/own-credential.ts'
import { createTenant } from '../system/tenant.ts'
import { dropOldSealingKeys, rotateSealingKey, type SealingKeyStore } from './rotate-sealing-key.ts'

const SLOW = 60_000
const COUNT = 600
const MAIN = join(import.meta.dirname, 'main.ts')
const newKey = (): string => randomBytes(32).toString('hex')
const oldKey = newKey()
const idOf = (key: string): string => parseSealingPrivateKeys(key)[0].id

let database: TestDatabase
let owner: OwnerPool
let gateway: Pool
let orgId: string
/** By credential. */
const secrets = new Map<string, string>()

beforeAll(async () => {
  database = await createTestDatabase()
  owner = new OwnerPool({ connectionString: database.ownerUrl, max: 4 })
  gateway = createPool({ url: database.urlFor('gateway'), max: 2, applicationName: 'test' })
  await owner.query(
    `INSERT INTO provider (id, display_name, dialect) VALUES ('openai', 'OpenAI', 'openai-chat') ON CONFLICT DO NOTHING`,
  )
  orgId = (await createTenant(owner, { name: 'rotation' })).orgId
  for (let index = 0; index < COUNT; index += 1) {
    const apiKey = `sk-${index}-${newKey()}`
    secrets.set(await addOwnCredential(owner, { orgId, providerId: 'openai', apiKey, sealingKey: oldKey }), apiKey)
  }
}, SLOW)

afterAll(async () => {
  await Promise.all([owner.end(), gateway.end()])
  await database.drop()
})

/** How many credentials are sealed for which key; each is opened, and holds what was sealed first. */
const readKeyIds = async (keys: string): Promise<Readonly<Record<string, number>>> => {
  const counts: Record<string, number> = {}
  for (const secret of await listSealed(gateway, { afterId: null, size: 1_000 })) {
    const { credentialId, secretVersion: version, sealed: bytes, sealingKeyId: keyId } = secret
    const plain = open(parseSealingPrivateKeys(keys), { orgId, credentialId, version }, { bytes, keyId })
    expect(decodeCredentialSecret(plain).apiKey).toBe(secrets.get(credentialId))
    counts[keyId] = (counts[keyId] ?? 0) + 1
  }
  return counts
}

/** The command itself, as a process that can be killed. */
const spawnRotation = (keys: string) =>
  spawn(process.execPath, [MAIN, 'rotate-sealing-key'], {
    env: { DATABASE_URL: database.urlFor('gateway'), SEALING_PRIVATE_KEYS: keys },
    stdio: 'ignore',
  })

const countUnder = async (keyId: string): Promise<number> => {
  const counted = await inOrganization(owner, orgId, (client) =>
    client.query<{ count: number }>('SELECT count(*)::int AS count FROM credential WHERE sealing_key_id = $1', [keyId]),
  )
  return counted.rows[0]?.count ?? 0
}

it(
  'killed in the middle, every credential still opens, and the next run ends what was begun',
  { timeout: SLOW },
  async () => {
    const key = newKey()
    const keys = `${key},${oldKey}`
    const first = spawnRotation(keys)
    const exited = once(first, 'exit')
    while ((await countUnder(idOf(key))) < 20 && first.exitCode === null) await sleep(2)
    first.kill('SIGKILL')
    await exited
    const between = await readKeyIds(keys)
    expect(between[idOf(key)]).toBeGreaterThanOrEqual(20)
    expect(between[idOf(oldKey)]).toBeGreaterThan(0)

    const [exitCode] = await once(spawnRotation(keys), 'exit')
    expect(exitCode).toBe(0)
    expect(await readKeyIds(key)).toEqual({ [idOf(key)]: COUNT })
    secretsKey = key
  },
)

let secretsKey = oldKey

const storeOf = (text: string): SealingKeyStore & { text: string } => {
  const store = {
    text,
    read: () => store.text,
    write: (keys: string) => {
      store.text = keys
    },
  }
  return store
}

it(
  'adds a key, waits for the proxies to know it, and drops the old one only when nothing needs it',
  { timeout: SLOW },
  async () => {
    const before = secretsKey
    const store = storeOf(before)
    const lines: string[] = []
    const input = { pool: gateway, store, newKey, log: (line: string) => void lines.push(line), losesContents: false }
    const boot = [crypto.randomUUID(), 'proxy-1', [idOf(before)]]
    await owner.query('INSERT INTO proxy_boot (boot_id, proxy_id, sealing_key_ids) VALUES ($1, $2, $3)', boot)

    expect(await rotateSealingKey(input)).toBe(false)
    expect(lines.at(-1)).toContain('restart')
    const [added = ''] = store.text.split(',')
    expect(store.text).toBe(`${added},${before}`)
    expect(await readKeyIds(before)).toEqual({ [idOf(before)]: COUNT })
    expect(await dropOldSealingKeys(input)).toBe(false)
    expect(store.text).toBe(`${added},${before}`)

    await owner.query('UPDATE proxy_boot SET sealing_key_ids = $1', [[idOf(added), idOf(before)]])
    expect(await rotateSealingKey(input)).toBe(true)
    expect(store.text).toBe(`${added},${before}`)
    expect(await readKeyIds(added)).toEqual({ [idOf(added)]: COUNT })

    expect(await dropOldSealingKeys(input)).toBe(true)
    expect(store.text).toBe(added)
    for (const line of lines) for (const key of [added, before]) expect(line).not.toContain(key)
    secretsKey = added
  },
)

it('leaves keys that a person keeps to that person', { timeout: SLOW }, async () => {
  const lines: string[] = []
  const store = { read: () => oldKey, write: null }
  expect(await rotateSealingKey({ pool: gateway, store, newKey, log: (line) => void lines.push(line) })).toBe(false)
  expect(lines.join(' ')).toContain('SEALING_PRIVATE_KEYS is set by you')
})

it('does not drop a key that alone opens what is kept, unless it is given up', async () => {
  const newest = newKey()
  const store = storeOf(`${newest},${secretsKey}`)
  const lines: string[] = []
  const log = (line: string): void => void lines.push(line)
  await owner.query('DELETE FROM proxy_boot')
  expect(await rotateSealingKey({ pool: gateway, store, newKey, log })).toBe(true)
  const keep = (keyId: string, days: number) =>
    inOrganization(owner, orgId, (client) =>
      client.query(
        `INSERT INTO kept_content (org_id, request_id, holder_id, expires_at, sealed, sealing_key_id)
         VALUES ($1, gen_random_uuid(), $1, now() + make_interval(days => $3), 'x', $2)`,
        [orgId, keyId, days],
      ),
    )
  await keep(idOf(newest), 30)
  await keep(idOf(secretsKey), -1)
  await keep(idOf(secretsKey), 7)
  const both = store.text

  expect(await dropOldSealingKeys({ pool: gateway, store, log, losesContents: false })).toBe(false)
  expect(store.text).toBe(both)
  const inAWeek = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10)
  expect(lines.at(-1)).toContain(`in 1 request is kept under an old key and could never be read again`)
  expect(lines.at(-1)).toContain(inAWeek)

  expect(await dropOldSealingKeys({ pool: gateway, store, log, losesContents: true })).toBe(true)
  expect(store.text).toBe(newest)
  expect(lines.at(-2)).toContain('cannot be read any more')
})
