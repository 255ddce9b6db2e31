import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
// By path, not by package: the testkit builds on this package.
import { createOrganizationWith, type MadeOrganization } from '../../testkit/src/factories.ts'
import { createTestDatabase, type TestDatabase } from '../../testkit/src/postgres.ts'
import { createDb, type Db, type Tx } from './client.ts'
import {
  createCredential,
  deleteCredential,
  findCredential,
  listCredentials,
  replaceCredentialSecret,
  updateCredential,
  type NewSecret,
} from './credentials.ts'
import { readChanges } from './gateway.ts'
import { createPool, type Pool } from './pool.ts'
import {
  findCredentials,
  findCredentialSecret,
  listSealed,
  noteCredentialUse,
  reseal,
  type SealedSecret,
} from './sealed-credentials.ts'
import { withTenant } from './tenant.ts'

vi.setConfig({ testTimeout: 30_000 })

let database: TestDatabase
let app: Db
let gateway: Pool
let owner: Pool
let own: MadeOrganization
let foreign: MadeOrganization

beforeAll(async () => {
  database = await createTestDatabase()
  app = createDb({ url: database.urlFor('app'), max: 4 })
  gateway = createPool({ url: database.urlFor('gateway'), max: 2, applicationName: 'test' })
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test' })
  await owner.query(
    `INSERT INTO provider (id, display_name, dialect) VALUES ('openai', 'OpenAI', 'openai-chat') ON CONFLICT DO NOTHING`,
  )
}, 90_000)

beforeEach(async () => {
  own = await createOrganizationWith(app)
  foreign = await createOrganizationWith(app)
})

afterAll(async () => {
  await app.$disconnect()
  await gateway.end()
  await owner.end()
  await database.drop()
})

const within = <T>(organization: MadeOrganization, work: (tx: Tx) => Promise<T>): Promise<T> =>
  withTenant(app, organization.tenant, work)

/** Writes down what it was asked to be bound to. */
const secretOf = (text: string): NewSecret => ({
  seal: (place) => ({ bytes: Buffer.from(JSON.stringify([text, place])), keyId: 'key-1' }),
  hint: text.slice(-4),
  baseUrl: null,
})

const create = (text = 'sk-1234', preference: 'prefer' | 'only' = 'prefer'): Promise<string> =>
  within(own, async (tx) => {
    const { credentialId } = await createCredential(tx, own.orgId, {
      providerId: 'openai',
      label: 'Ours',
      preference,
      secret: secretOf(text),
    })
    return credentialId
  })

const secretFor = async (credentialId: string): Promise<SealedSecret> => {
  const found = await findCredentialSecret(gateway, own.orgId, credentialId)
  if (found === null) throw new Error('no such credential')
  return found.secret
}

const note = (credentialId: string, secretVersion: number, isRefusal: boolean) =>
  noteCredentialUse(gateway, {
    orgId: own.orgId,
    credentialId,
    secretVersion,
    error: isRefusal ? 'upstream_unauthorized' : null,
    httpStatus: isRefusal ? 401 : null,
    isRefusal,
  })

describe('a credential', () => {
  it('is sealed for its organization, its row and its first version, and listed without its secret', async () => {
    const credentialId = await create()
    const { sealed } = await secretFor(credentialId)
    expect(JSON.parse(Buffer.from(sealed).toString())).toEqual([
      'sk-1234',
      { orgId: own.orgId, credentialId, version: 1 },
    ])
    const [listed] = await within(own, (tx) => listCredentials(tx, own.orgId))
    expect(listed).toMatchObject({
      credentialId,
      providerId: 'openai',
      label: 'Ours',
      hint: '1234',
      status: 'active',
      lastUsedAtMs: null,
    })
    expect(JSON.stringify(listed)).not.toContain('sk-1234')
  })

  it('cannot be read back by those who wrote it', async () => {
    const credentialId = await create()
    for (const role of ['app', 'worker', 'gateway', 'shipper'] as const) {
      const pool = createPool({ url: database.urlFor(role), max: 1, applicationName: 'test' })
      await expect(pool.query('SELECT sealed FROM credential WHERE id = $1', [credentialId])).rejects.toThrow(
        /permission denied/,
      )
      await pool.end()
    }
  })

  it('is nobody else’s: found, changed, replaced and deleted by its own organization alone', async () => {
    const credentialId = await create()
    for (const id of [credentialId, randomUUID(), 'no id']) {
      await within(foreign, async (tx) => {
        expect(await findCredential(tx, foreign.orgId, id)).toBeNull()
        expect(await updateCredential(tx, foreign.orgId, { credentialId: id, label: 'Theirs' })).toBe(false)
        expect(
          await replaceCredentialSecret(tx, foreign.orgId, { credentialId: id, secret: secretOf('sk-evil') }),
        ).toBe(false)
        expect(await deleteCredential(tx, foreign.orgId, id)).toBe(false)
      })
    }
    expect(await findCredentials(gateway, foreign.orgId)).toEqual([])
    expect(await findCredentialSecret(gateway, foreign.orgId, credentialId)).toBeNull()
    expect(await within(own, (tx) => findCredential(tx, own.orgId, credentialId))).toMatchObject({ label: 'Ours' })
  })

  it('is told to the proxy while it is on, without its secret while it is refused, and not at all when switched off', async () => {
    const credentialId = await create('sk-1', 'only')
    expect(await findCredentials(gateway, own.orgId)).toMatchObject([{ credentialId, preference: 'only', secret: {} }])
    await note(credentialId, 1, true)
    expect(await findCredentials(gateway, own.orgId)).toMatchObject([
      { credentialId, preference: 'only', secret: null },
    ])
    await within(own, (tx) => updateCredential(tx, own.orgId, { credentialId, status: 'disabled' }))
    expect(await findCredentials(gateway, own.orgId)).toEqual([])
  })

  it('is refused once, by whoever says it first, and not for a secret that was replaced meanwhile', async () => {
    const credentialId = await create()
    await within(own, (tx) => replaceCredentialSecret(tx, own.orgId, { credentialId, secret: secretOf('sk-new') }))
    expect(await note(credentialId, 1, true)).toBe(false)
    expect(await within(own, (tx) => findCredential(tx, own.orgId, credentialId))).toMatchObject({
      status: 'active',
      lastError: null,
    })
    expect(await note(credentialId, 2, true)).toBe(true)
    expect(await note(credentialId, 2, true)).toBe(false)
    expect(await within(own, (tx) => findCredential(tx, own.orgId, credentialId))).toMatchObject({
      status: 'refused',
      lastError: 'upstream_unauthorized',
      lastStatus: 401,
    })
  })

  it('that is replaced is on again, one version further, and nothing is said of its past', async () => {
    const credentialId = await create()
    await note(credentialId, 1, true)
    await within(own, (tx) => replaceCredentialSecret(tx, own.orgId, { credentialId, secret: secretOf('sk-next') }))
    const secret = await secretFor(credentialId)
    expect(secret.secretVersion).toBe(2)
    expect(JSON.parse(Buffer.from(secret.sealed).toString())).toMatchObject(['sk-next', { version: 2 }])
    expect(await within(own, (tx) => findCredential(tx, own.orgId, credentialId))).toMatchObject({
      status: 'active',
      hint: 'next',
      lastError: null,
    })
  })

  it('takes its secret and its past with it when it is deleted', async () => {
    const credentialId = await create()
    await note(credentialId, 1, false)
    expect(await within(own, (tx) => deleteCredential(tx, own.orgId, credentialId))).toBe(true)
    const { rows } = await owner.query('SELECT 1 FROM credential_use WHERE credential_id = $1', [credentialId])
    expect(rows).toEqual([])
  })

  it('wakes the proxies when it changes, and not when it is only used', async () => {
    const credentialId = await create()
    const { seq } = await readChanges(gateway, 0)
    await note(credentialId, 1, false)
    expect((await readChanges(gateway, seq)).orgIds).toEqual([])
    await note(credentialId, 1, true)
    expect((await readChanges(gateway, seq)).orgIds).toEqual([own.orgId])
  })
})

describe('sealing anew', () => {
  it('walks every organization’s secrets once and swaps only what was not changed meanwhile', async () => {
    const ids = [await create('sk-a'), await create('sk-b'), await create('sk-c')]
    const seen: SealedSecret[] = []
    for (let afterId: string | null = null; ;) {
      const page: readonly SealedSecret[] = await listSealed(gateway, { afterId, size: 2 })
      seen.push(...page)
      afterId = page.at(-1)?.credentialId ?? null
      if (page.length < 2) break
    }
    expect(seen.map(({ credentialId }) => credentialId)).toEqual(expect.arrayContaining(ids))
    expect(new Set(seen.map(({ credentialId }) => credentialId)).size).toBe(seen.length)
    const [first, second] = seen.filter(({ credentialId }) => ids.includes(credentialId))
    if (first === undefined || second === undefined) throw new Error('two were expected')
    const fresh = { sealed: Buffer.from('fresh'), sealingKeyId: 'key-2' }
    expect(await reseal(gateway, first, fresh)).toBe(true)
    expect(await reseal(gateway, first, fresh)).toBe(false)
    expect(await secretFor(first.credentialId)).toMatchObject({ sealingKeyId: 'key-2', secretVersion: 1 })
    await within(own, (tx) => deleteCredential(tx, own.orgId, second.credentialId))
    expect(await reseal(gateway, second, fresh)).toBe(false)
  })
})
