import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROLES, type Role } from '@atpar/core/permissions'
import { createMemberWith, createOrganizationWith, type MadeOrganization } from '@atpar/testkit/factories'
import { startActWorld, type ActWorld } from '../../../test/act-world.ts'
import { addCredentialAct } from './add-credential.ts'
import { deleteCredentialAct } from './delete-credential.ts'
import { listCredentialsAct } from './list-credentials.ts'
import { readCredentialAct } from './read-credential.ts'
import { replaceCredentialAct } from './replace-credential.ts'
import { testCredentialAct } from './test-credential.ts'
import { updateCredentialAct } from './update-credential.ts'

const API_KEY = 'sk-canary-5e1f00d5ca1ab1e0-wxyz'

let world: ActWorld
let ours: MadeOrganization
let theirs: MadeOrganization

beforeAll(async () => {
  world = await startActWorld()
  await world.pool.query(
    `INSERT INTO provider (id, display_name, dialect) VALUES ('openai', 'OpenAI', 'openai-chat'), ('custom', 'Custom endpoint', 'openai-chat'), ('ollama', 'Ollama', 'openai-chat'), ('bedrock', 'Amazon Bedrock', 'bedrock-converse'), ('vertex', 'Vertex AI', 'gemini') ON CONFLICT DO NOTHING`,
  )
  ours = await createOrganizationWith(world.ownerDb)
  theirs = await createOrganizationWith(world.ownerDb)
}, 60_000)
afterAll(() => world.stop())

const asOwner = () => world.actAs(ours.orgId, ours.ownerMemberId)
const asStranger = () => world.actAs(theirs.orgId, theirs.ownerMemberId)
const add = async (more: object = {}): Promise<string> => {
  const input = { providerId: 'openai', label: 'Ours', apiKey: API_KEY, ...more }
  return (await addCredentialAct(await asOwner(), input)).credentialId
}
const read = async (credentialId: string) => readCredentialAct(await asOwner(), { credentialId })

it('a credential that came without its key is switched on by entering it again, and by nothing else', async () => {
  const credentialId = await add()
  await world.pool.query(
    `UPDATE credential SET status = 'refused', sealed = ''::bytea, sealing_key_id = '' WHERE id = $1`,
    [credentialId],
  )
  const refused = { code: 'conflict', message: expect.stringMatching(/Enter it again/) as string }
  await expect(updateCredentialAct(await asOwner(), { credentialId, enabled: true })).rejects.toMatchObject(refused)
  await updateCredentialAct(await asOwner(), { credentialId, label: 'Moved' })
  await replaceCredentialAct(await asOwner(), { credentialId, apiKey: API_KEY })
  expect(await read(credentialId)).toMatchObject({ label: 'Moved', status: 'active', hasSecret: true })
})

const ROWS = [
  { act: addCredentialAct, input: async () => ({ providerId: 'openai', label: 'A', apiKey: API_KEY }) },
  { act: listCredentialsAct, input: async () => ({}) },
  { act: readCredentialAct, input: async () => ({ credentialId: await add() }) },
  { act: updateCredentialAct, input: async () => ({ credentialId: await add(), label: 'B' }) },
  { act: replaceCredentialAct, input: async () => ({ credentialId: await add(), apiKey: API_KEY }) },
  { act: testCredentialAct, input: async () => ({ credentialId: await add() }) },
  { act: deleteCredentialAct, input: async () => ({ credentialId: await add() }) },
]

describe.each(ROWS)('$act.definition.name', ({ act, input }) => {
  it.each(ROLES)('as %s', async (role: Role) => {
    const { memberId } = await createMemberWith(world.ownerDb, ours.orgId, { role })
    const outcome = await act((await world.actAs(ours.orgId, memberId)) as never, (await input()) as never).then(
      () => 'done',
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    )
    expect(outcome).toBe(role === 'owner' || role === 'admin' ? 'done' : 'forbidden')
  })

  it('says of another organization’s id what it says of one that nobody has', async () => {
    const { credentialId, ...rest } = (await input()) as { readonly credentialId?: string }
    if (credentialId === undefined) return
    const answers = await Promise.all(
      [credentialId, randomUUID(), 'no id'].map(async (id) =>
        act((await asStranger()) as never, { ...rest, credentialId: id } as never).catch((error: unknown) => error),
      ),
    )
    for (const answer of answers)
      expect(answer).toMatchObject({ code: 'not_found', message: 'There is no such credential.' })
  })
})

describe('a credential', () => {
  it('never shows its key: not in a list, not in the record of acts, not in any column', async () => {
    const credentialId = await add()
    await replaceCredentialAct(await asOwner(), { credentialId, apiKey: API_KEY })
    expect(JSON.stringify(await listCredentialsAct(await asOwner(), {}))).not.toContain('canary')
    const { rows } = await world.pool.query<{ text: string }>(
      `SELECT coalesce(before::text, '') || coalesce(after::text, '') AS text FROM audit_log
       UNION ALL SELECT encode(sealed, 'escape') || label || hint FROM credential`,
    )
    expect(rows.length).toBeGreaterThan(1)
    for (const { text } of rows) expect(text).not.toContain('canary')
  })

  it('shows the last four characters of a key long enough to hide the rest', async () => {
    expect(await read(await add())).toMatchObject({ hint: 'wxyz' })
    expect(await read(await add({ apiKey: 'shortkey1' }))).toMatchObject({ hint: '' })
  })

  it.each([
    ['apiKey', { apiKey: 'with a space in it' }, 'invalid_request'],
    ['apiKey', { apiKey: 'line\nbreak-in-it' }, 'invalid_request'],
    ['label', { label: ' ' }, 'invalid_request'],
    ['baseUrl', { baseUrl: 'https://collector.example.com/v1' }, 'invalid_request'],
    ['baseUrl', { providerId: 'custom' }, 'invalid_request'],
    ['baseUrl', { providerId: 'custom', baseUrl: 'https://127.0.0.1/v1' }, 'invalid_request'],
    ['baseUrl', { providerId: 'custom', baseUrl: 'http://models.example.com/v1' }, 'invalid_request'],
    ['providerId', { providerId: 'ollama' }, 'not_found'],
    ['providerId', { providerId: 'nobody' }, 'not_found'],
    ['', { unknown: 1 }, 'invalid_request'],
  ])('is refused for its %s: %j', async (param, more, code) => {
    await expect(add(more)).rejects.toMatchObject(param === '' ? { code } : { code, param })
  })

  const PAIR = { providerId: 'bedrock', fields: { region: 'us-east-1', accessKeyId: 'AKIAIOSFODNN7EXAMPLE' } }

  it.each([
    ['region', { ...PAIR, fields: {} }],
    ['region', { ...PAIR, fields: { region: 'evil.example.com' } }],
    ['accessKeyId', { ...PAIR, fields: { ...PAIR.fields, accessKeyId: 'short' } }],
    ['fields', { ...PAIR, fields: { ...PAIR.fields, other: 'x' } }],
    ['fields', { fields: { region: 'us-east-1' } }],
    ['apiKey', { providerId: 'vertex', apiKey: '{"type":"authorized_user","refresh_token":"canary"}' }],
  ])('of several parts is refused for its %s, and the message repeats none of it: %j', async (param, more) => {
    const refusal = await add(more).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'invalid_request', param })
    expect(String(refusal)).not.toMatch(/canary|evil/)
  })

  it('of several parts is sealed whole, and known by what names it', async () => {
    expect(await read(await add(PAIR))).toMatchObject({ hint: 'MPLE' })
  })

  it('takes an address of one’s own where the provider file says so', async () => {
    const credentialId = await add({ providerId: 'custom', baseUrl: 'https://models.example.com/v1/' })
    expect(await read(credentialId)).toMatchObject({ baseUrl: 'https://models.example.com/v1' })
  })

  it('is switched off and on, renamed, and told whether the platform may stand in; the proxies are woken', async () => {
    const credentialId = await add()
    const before = world.announced()
    await updateCredentialAct(await asOwner(), { credentialId, enabled: false, label: 'Spare', preference: 'only' })
    expect(await read(credentialId)).toMatchObject({ status: 'disabled', label: 'Spare', preference: 'only' })
    await updateCredentialAct(await asOwner(), { credentialId, enabled: true })
    expect(await read(credentialId)).toMatchObject({ status: 'active', label: 'Spare', preference: 'only' })
    expect(world.announced()).toBe(before + 2)
  })

  it('is marked when a test finds it refused, and switched on again when one finds it taken, but never when it is off', async () => {
    const credentialId = await add()
    const test = async (result: 'ok' | 'refused' | 'unreachable') => {
      world.answerTests(result)
      return (await testCredentialAct(await asOwner(), { credentialId })).status
    }
    expect([await test('unreachable'), await test('refused'), await test('unreachable'), await test('ok')]).toEqual([
      'active',
      'refused',
      'refused',
      'active',
    ])
    await updateCredentialAct(await asOwner(), { credentialId, enabled: false })
    expect([await test('ok'), await test('refused')]).toEqual(['disabled', 'disabled'])
  })

  it('is gone when it is deleted', async () => {
    const credentialId = await add()
    await deleteCredentialAct(await asOwner(), { credentialId })
    await expect(read(credentialId)).rejects.toMatchObject({ code: 'not_found' })
  })
})
