import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOrganizationWith, type MadeOrganization } from '@atpar/testkit/factories'
import { startActWorld, type ActWorld } from '../../../test/act-world.ts'
import { listCredentialsAct } from '../credentials/list-credentials.ts'
import { testCredentialAct } from '../credentials/test-credential.ts'
import { addCustomEndpointAct } from './add-custom-endpoint.ts'
import { listCustomEndpointsAct } from './list-custom-endpoints.ts'
import { readCustomEndpointAct } from './read-custom-endpoint.ts'
import { replaceCustomEndpointAct } from './replace-custom-endpoint.ts'
import { setCustomModelAct } from './set-custom-model.ts'
import { testCustomEndpointAct } from './test-custom-endpoint.ts'
import { updateCustomEndpointAct } from './update-custom-endpoint.ts'

const API_KEY = 'sk-canary-5e1f00d5ca1ab1e0-wxyz'
const BASE_URL = 'https://models.example.com/v1'

let world: ActWorld
let ours: MadeOrganization
let made = 0

beforeAll(async () => {
  world = await startActWorld()
  await world.pool.query(
    `INSERT INTO provider (id, display_name, dialect) VALUES ('custom', 'Custom endpoint', 'openai-chat'), ('custom-gemini', 'Custom', 'gemini') ON CONFLICT DO NOTHING`,
  )
  ours = await createOrganizationWith(world.ownerDb)
}, 60_000)
afterAll(() => world.stop())

const asOwner = () => world.actAs(ours.orgId, ours.ownerMemberId)
const add = async (more: object = {}): Promise<string> => {
  made += 1
  const input = { name: `house-${made}`, label: 'House', shape: 'openai-chat', baseUrl: BASE_URL, ...more }
  return (await addCustomEndpointAct(await asOwner(), input)).endpointId
}
const read = async (endpointId: string) => readCustomEndpointAct(await asOwner(), { endpointId })

describe('an endpoint of one’s own', () => {
  it('never shows its key or a header’s value: not in a list, not in the record of acts, not in any column', async () => {
    const secret = { apiKey: API_KEY, headers: { 'X-Team': 'canary-of-a-header' } }
    const endpointId = await add(secret)
    await replaceCustomEndpointAct(await asOwner(), { endpointId, baseUrl: `${BASE_URL}/`, ...secret })
    expect(await read(endpointId)).toMatchObject({ hint: 'wxyz', headerNames: ['x-team'], baseUrl: BASE_URL })
    expect(JSON.stringify(await listCustomEndpointsAct(await asOwner(), {}))).not.toContain('canary')
    const { rows } = await world.pool.query<{ text: string }>(
      `SELECT coalesce(before::text, '') || coalesce(after::text, '') AS text FROM audit_log
       UNION ALL SELECT encode(sealed, 'escape') || label || hint || coalesce(base_url, '') FROM credential
       UNION ALL SELECT name || header_names::text FROM custom_endpoint`,
    )
    expect(rows.length).toBeGreaterThan(3)
    for (const { text } of rows) expect(text).not.toContain('canary')
  })

  it.each([
    'http://models.example.com/v1',
    'https://127.0.0.1/v1',
    'https://2130706433/v1',
    'https://0x7f.1/v1',
    'https://[::1]/v1',
    'https://169.254.169.254/v1',
    'https://localhost/v1',
    'https://metadata.google.internal/v1',
    'https://box.internal/v1',
    'https://router/v1',
    'https://user:canary@models.example.com/v1',
    'https://models.example.com:22/v1',
    'https://models.example.com/v1?key=canary',
    'file:///etc/passwd',
    'no address',
  ])('is not saved at %s, neither new nor in another’s place', async (baseUrl) => {
    const refused = { code: 'invalid_request', param: 'baseUrl' }
    await expect(add({ baseUrl })).rejects.toMatchObject(refused)
    const endpointId = await add()
    await expect(replaceCustomEndpointAct(await asOwner(), { endpointId, baseUrl })).rejects.toMatchObject(refused)
    expect(await read(endpointId)).toMatchObject({ baseUrl: BASE_URL, secretVersion: 1 })
  })

  it.each([
    ['name', { name: 'House' }],
    ['name', { name: 'a/b' }],
    ['name', { name: '' }],
    ['label', { label: ' ' }],
    ['shape', { shape: 'ollama' }],
    ['apiKey', { apiKey: 'with a canary in it' }],
    ['headers', { headers: { host: 'canary.internal' } }],
    ['headers', { headers: { 'x-a': 'canary\r\nx-b: 1' } }],
  ])('is refused for its %s: %j, and the message repeats no secret', async (param, more) => {
    const refusal = await add(more).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'invalid_request', param })
    expect(String(refusal)).not.toContain('canary')
  })

  it('has a name of its own, also when it is renamed', async () => {
    const endpointId = await add()
    const { name } = await read(await add())
    const taken = { code: 'conflict', param: 'name' }
    await expect(add({ name })).rejects.toMatchObject(taken)
    await expect(updateCustomEndpointAct(await asOwner(), { endpointId, name })).rejects.toMatchObject(taken)
    await updateCustomEndpointAct(await asOwner(), { endpointId, name: 'barn', enabled: false })
    expect(await read(endpointId)).toMatchObject({ name: 'barn', status: 'disabled' })
  })

  it('is no credential: those acts do not know it', async () => {
    const credentialId = await add()
    expect(await listCredentialsAct(await asOwner(), {})).toEqual([])
    await expect(testCredentialAct(await asOwner(), { credentialId })).rejects.toMatchObject({ code: 'not_found' })
  })

  it('is marked when a test finds its key refused, and switched on again when one finds it taken', async () => {
    const endpointId = await add()
    const test = async (result: 'ok' | 'refused' | 'unreachable') => {
      world.answerTests(result)
      return (await testCustomEndpointAct(await asOwner(), { endpointId })).status
    }
    expect([await test('refused'), await test('unreachable'), await test('ok')]).toEqual([
      'refused',
      'refused',
      'active',
    ])
  })
})

describe('a model at it', () => {
  const set = async (endpointId: string, more: object = {}) =>
    setCustomModelAct(await asOwner(), {
      endpointId,
      model: { name: 'llama', upstreamModel: 'meta/llama', ...more },
    })

  it('is called by its full name, and described anew under the same one', async () => {
    const endpointId = await add({ name: 'shed' })
    expect(await set(endpointId)).toEqual({ modelId: 'custom/shed/llama' })
    await set(endpointId, { contextTokens: 8_192, inputUsdPerMillion: '0.000000000001', outputUsdPerMillion: '1.5' })
    expect((await read(endpointId)).models).toMatchObject([
      { name: 'llama', contextTokens: 8_192, inputUsdPerMillion: '0.000000000001', outputUsdPerMillion: '1.5' },
    ])
  })

  it.each([
    ['model.name', { name: 'a/b' }],
    ['model.upstreamModel', { upstreamModel: ' ' }],
    ['model.contextTokens', { contextTokens: 0 }],
    ['model.inputUsdPerMillion', { inputUsdPerMillion: '-1', outputUsdPerMillion: '1' }],
    ['model.outputUsdPerMillion', { inputUsdPerMillion: '1' }],
    ['model.task', { task: 'image' }],
  ])('is refused for its %s: %j', async (param, more) => {
    await expect(set(await add(), more)).rejects.toMatchObject({ code: 'invalid_request', param })
  })

  it('makes embeddings only where the format has them', async () => {
    const endpointId = await add({ shape: 'gemini' })
    await expect(set(endpointId, { task: 'embeddings' })).rejects.toMatchObject({
      code: 'invalid_request',
      param: 'task',
    })
    await set(await add(), { task: 'embeddings' })
  })
})
