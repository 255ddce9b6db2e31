import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { pusd } from '@atpar/core/money'
// By path, not by package: the testkit builds on this package.
import { createOrganizationWith, type MadeOrganization } from '../../testkit/src/factories.ts'
import { createTestDatabase, type TestDatabase } from '../../testkit/src/postgres.ts'
import { findUnknownModels } from './catalogue.ts'
import { createDb, type Db, type Tx } from './client.ts'
import { findCredential, listCredentials, type NewSecret } from './credentials.ts'
import {
  createCustomEndpoint,
  deleteCustomEndpoint,
  findCustomEndpoint,
  listCustomEndpoints,
  removeCustomModel,
  replaceCustomEndpointSecret,
  setCustomModel,
  updateCustomEndpoint,
} from './custom-endpoints.ts'
import { readChanges } from './gateway.ts'
import { createPool, type Pool } from './pool.ts'
import { findCredentials } from './sealed-credentials.ts'
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
    `INSERT INTO provider (id, display_name, dialect) VALUES ('custom', 'Custom endpoint', 'openai-chat') ON CONFLICT DO NOTHING`,
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

const SECRET: NewSecret = {
  seal: (place) => ({ bytes: Buffer.from(JSON.stringify(place)), keyId: 'key-1' }),
  hint: '',
  baseUrl: 'https://models.example.com/v1',
}
const MODEL = {
  name: 'llama',
  upstreamModel: 'meta/llama-3',
  task: 'chat' as const,
  reasoning: false,
  contextTokens: 8_192,
  maxOutputTokens: null,
  inputPusd: pusd(9_007_199_254_740_993n),
  outputPusd: pusd(0n),
}

const create = (name = 'house', organization = own): Promise<string> =>
  within(organization, async (tx) => {
    const { endpointId } = await createCustomEndpoint(tx, organization.orgId, {
      name,
      label: 'Our house',
      providerId: 'custom',
      headerNames: ['x-team'],
      secret: SECRET,
    })
    await setCustomModel(tx, organization.orgId, { endpointId, model: MODEL })
    return endpointId
  })

describe('an endpoint of one’s own', () => {
  it('reaches the gateway with its models and exact prices, under the same id as its credential', async () => {
    const endpointId = await create()
    const [found] = await findCredentials(gateway, own.orgId)
    expect(found).toMatchObject({
      credentialId: endpointId,
      providerId: 'custom',
      secret: { secretVersion: 1 },
      endpoint: { name: 'house', models: [{ ...MODEL, createdAtMs: expect.any(Number) as number }] },
    })
    expect(await findCredentials(gateway, foreign.orgId)).toEqual([])
  })

  it('is no credential beside it: the screens and acts of those do not see it', async () => {
    const endpointId = await create()
    expect(await within(own, (tx) => listCredentials(tx, own.orgId))).toEqual([])
    expect(await within(own, (tx) => findCredential(tx, own.orgId, endpointId))).toBeNull()
  })

  it('that is switched off is still told of, without its secret', async () => {
    const endpointId = await create()
    await within(own, (tx) => updateCustomEndpoint(tx, own.orgId, { endpointId, status: 'disabled', name: 'barn' }))
    expect(await findCredentials(gateway, own.orgId)).toMatchObject([{ secret: null, endpoint: { name: 'barn' } }])
  })

  it('wakes the proxies when it or one of its models changes', async () => {
    const endpointId = await create()
    let { seq } = await readChanges(gateway, 0)
    const changed = async (work: (tx: Tx) => Promise<unknown>): Promise<readonly string[]> => {
      await within(own, work)
      const changes = await readChanges(gateway, seq)
      seq = changes.seq
      return changes.orgIds
    }
    const mine = [own.orgId]
    const model = { ...MODEL, contextTokens: 1 }
    expect(await changed((tx) => setCustomModel(tx, own.orgId, { endpointId, model }))).toEqual(mine)
    expect(await changed((tx) => updateCustomEndpoint(tx, own.orgId, { endpointId, name: 'barn' }))).toEqual(mine)
    const secret = { endpointId, headerNames: [], secret: SECRET }
    expect(await changed((tx) => replaceCustomEndpointSecret(tx, own.orgId, secret))).toEqual(mine)
    expect(await changed((tx) => removeCustomModel(tx, own.orgId, { endpointId, name: 'llama' }))).toEqual(mine)
    expect(await changed((tx) => deleteCustomEndpoint(tx, own.orgId, endpointId))).toEqual(mine)
    expect(await findCredentials(gateway, own.orgId)).toEqual([])
  })

  it('has a name that is taken once in an organization, and free in another', async () => {
    await create()
    await expect(create()).rejects.toMatchObject({ code: 'conflict', param: 'name' })
    await create('house', foreign)
    const barn = await create('barn')
    await expect(
      within(own, (tx) => updateCustomEndpoint(tx, own.orgId, { endpointId: barn, name: 'house' })),
    ).rejects.toMatchObject({ code: 'conflict', param: 'name' })
  })

  it('names models that keys and budgets of its organization may name, and those of no other', async () => {
    await create()
    const names = ['custom/house/llama', 'custom/house/other']
    expect(await within(own, (tx) => findUnknownModels(tx, names))).toEqual(['custom/house/other'])
    expect(await within(foreign, (tx) => findUnknownModels(tx, names))).toEqual(names)
  })

  it('is to another organization what an endpoint that nobody has is', async () => {
    const ours = await create()
    for (const endpointId of [ours, randomUUID(), 'no id'])
      await within(foreign, async (tx) => {
        const { orgId } = foreign
        expect(await findCustomEndpoint(tx, orgId, endpointId)).toBeNull()
        expect(await updateCustomEndpoint(tx, orgId, { endpointId, name: 'mine' })).toBe(false)
        expect(await replaceCustomEndpointSecret(tx, orgId, { endpointId, headerNames: [], secret: SECRET })).toBe(
          false,
        )
        expect(await removeCustomModel(tx, orgId, { endpointId, name: 'llama' })).toBe(false)
        expect(await deleteCustomEndpoint(tx, orgId, endpointId)).toBe(false)
        await expect(setCustomModel(tx, orgId, { endpointId, model: MODEL })).rejects.toMatchObject({
          code: 'not_found',
        })
      })
    expect(await within(own, (tx) => listCustomEndpoints(tx, own.orgId))).toMatchObject([
      { endpointId: ours, name: 'house', headerNames: ['x-team'], models: [MODEL] },
    ])
  })
})
