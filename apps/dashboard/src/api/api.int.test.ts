import { randomUUID } from 'node:crypto'
import { AtparError, createAtparClient, eachItem } from '@atpar/client/client'
import { generateApiKey } from '@atpar/crypto/api-key'
import { changeRole } from '@atpar/db/members'
import { withTenant } from '@atpar/db/tenant'
import {
  createKeyWith,
  createMemberWith,
  createOrganizationWith,
  type MadeOrganization,
} from '@atpar/testkit/factories'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startActWorld, type ActWorld } from '../../test/act-world.ts'
import { API_ADDRESS, fetchApi, makeManagementKey, type MadeManagementKey } from '../../test/call-api.ts'
import { readDeps } from '../deps.ts'
import { CALL_RATE } from './authenticate.ts'
import { revokeManagementKeyAct } from '../acts/management-keys/revoke-management-key.ts'

// A real database on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 30_000 })

let world: ActWorld
let organization: MadeOrganization
let admin: MadeManagementKey

beforeAll(async () => {
  world = await startActWorld()
  organization = await createOrganizationWith(world.ownerDb)
  admin = await makeKey('admin')
}, 60_000)
afterAll(() => world.stop())

const makeKey = (role: 'admin' | 'billing' | 'viewer', allowedCidrs: readonly string[] = []) =>
  makeManagementKey(world, { orgId: organization.orgId, memberId: organization.ownerMemberId, role, allowedCidrs })

const refusalOf = async (work: Promise<unknown>): Promise<AtparError> => {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error instanceof AtparError) return error
  throw new Error('It was not refused.', { cause: error })
}

interface RawCall {
  readonly key?: string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly method?: string
  readonly body?: string
}

const call = async (path: string, { key = admin.text, headers = {}, method = 'GET', body }: RawCall = {}) => {
  const response = await fetchApi(`${API_ADDRESS}/api/v1${path}`, {
    method,
    headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...headers },
    ...(body === undefined ? {} : { body }),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: text === '' ? null : (JSON.parse(text) as unknown),
  }
}

const errorOf = (code: string, param: string | null = null) => ({
  error: {
    code,
    message: expect.stringMatching(/\S/) as string,
    param,
    request_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
  },
})

describe('who may call', () => {
  test('nobody without a management key, and nobody learns more', async () => {
    const answers = [await call('/organization', { key: null }), await call('/no/such/path', { key: null })]
    for (const answer of answers) {
      expect(answer.status).toBe(401)
      expect(answer.json).toEqual(errorOf('missing_key'))
      expect(answer.headers.get('www-authenticate')).toContain('Bearer')
    }
  })

  test('a key that calls models manages nothing, and is told so', async () => {
    const { orgId, ownerMemberId } = organization
    const modelKey = await createKeyWith(world.ownerDb, { orgId, holder: { kind: 'member', memberId: ownerMemberId } })
    const answer = await call('/organization', { key: modelKey.text })
    expect(answer.status).toBe(401)
    expect(answer.text).toContain('takes a management key')
    expect(answer.text).not.toContain(modelKey.text)
  })

  test('a management key is found under no model key’s hash', async () => {
    const { rows } = await world.pool.query('SELECT 1 FROM api_key k JOIN management_key m ON m.hmac = k.hmac')
    expect(rows).toEqual([])
  })

  test.each([generateApiKey('manage').text, 'atpar_manage_x', 'nonsense'])('%s is not known', async (key) => {
    expect((await call('/organization', { key })).json).toEqual(errorOf('unknown_key'))
  })

  test('a revoked key is refused with its next call', async () => {
    const key = await makeKey('viewer')
    expect((await key.client.readOrganization()).organization_id).toBe(organization.orgId)
    await revokeManagementKeyAct(await world.actAs(organization.orgId, organization.ownerMemberId), {
      managementKeyId: key.managementKeyId,
    })
    expect(await refusalOf(key.client.readOrganization())).toMatchObject({ status: 403, code: 'key_disabled' })
  })

  test('a key stops with the person who made it', async () => {
    const { orgId } = organization
    const maker = await createMemberWith(world.ownerDb, orgId, { role: 'admin' })
    const key = await makeManagementKey(world, { orgId, memberId: maker.memberId, role: 'admin' })
    await key.client.readOrganization()
    await withTenant(world.ownerDb, { orgId, userId: null }, (tx) =>
      changeRole(tx, orgId, { memberId: maker.memberId, role: 'viewer' }),
    )
    expect(await refusalOf(key.client.readOrganization())).toMatchObject({ status: 403, code: 'key_disabled' })
  })

  test('an expired key is refused', async () => {
    const key = await makeKey('viewer')
    await world.pool.query("UPDATE management_key SET expires_at = now() - interval '1 second' WHERE id = $1", [
      key.managementKeyId,
    ])
    expect((await refusalOf(key.client.readOrganization())).message).toContain('expired')
  })

  test('a key bound to a network is refused from elsewhere, whatever the caller writes', async () => {
    const { text } = await makeKey('viewer', ['203.0.113.0/24'])
    const from = (forwardedFor: string) =>
      call('/organization', { key: text, headers: { 'x-forwarded-for': forwardedFor } })
    expect((await from('203.0.113.9')).status).toBe(200)
    expect((await from('203.0.113.9, 198.51.100.1')).json).toEqual(errorOf('network_not_allowed'))
  })

  test('its use is noted, to the day', async () => {
    const key = await makeKey('viewer')
    await key.client.readOrganization()
    const { rows } = await world.pool.query(
      'SELECT last_used_on = current_date AS today FROM management_key WHERE id = $1',
      [key.managementKeyId],
    )
    expect(rows).toEqual([{ today: true }])
  })

  test('a key makes six hundred calls a minute and not one more', async () => {
    const { text, managementKeyId } = await makeKey('viewer')
    for (let count = 1; count < CALL_RATE.limit; count += 1)
      readDeps().throttle.take(`management-key:${managementKeyId}`, CALL_RATE)
    expect(CALL_RATE).toEqual({ limit: 600, windowMs: 60_000 })
    expect((await call('/organization', { key: text })).status).toBe(200)
    const last = await call('/organization', { key: text })
    expect(last.json).toEqual(errorOf('rate_limited'))
    expect(last.headers.get('retry-after')).toBe('60')
  })
})

describe('what is asked', () => {
  test('an unknown field is refused by its name', async () => {
    const answer = await call('/teams', { method: 'POST', body: '{"name":"Red","budgett":1}' })
    expect(answer.status).toBe(400)
    expect(answer.json).toEqual(errorOf('invalid_request', 'budgett'))
    expect((await call('/teams?lmit=3')).json).toEqual(errorOf('invalid_request', 'lmit'))
  })

  test.each([
    ['/teams?limit=0', 'limit'],
    ['/teams?limit=101', 'limit'],
    ['/teams?limit=2&limit=3', 'limit'],
    ['/teams?cursor=%20', 'cursor'],
    ['/usage?from=2026-11-01T00:00:00Z', 'to'],
    ['/usage?from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z', 'to'],
    ['/usage?from=2026-11-01T00:30:00Z&to=2026-11-02T00:00:00Z', 'from'],
  ])('%s names %s', async (path, param) => {
    expect((await call(path)).json).toEqual(errorOf('invalid_request', param))
  })

  test('what is no JSON, or too much of it, is refused', async () => {
    const post = (body: string) => call('/teams', { method: 'POST', body })
    expect((await post('{"name":')).json).toEqual(errorOf('invalid_json'))
    expect((await post('')).json).toEqual(errorOf('invalid_json'))
    expect((await post('[]')).json).toEqual(errorOf('invalid_request'))
    expect((await post(`{"name":"${'x'.repeat(200_000)}"}`)).json).toEqual(errorOf('body_too_large'))
  })

  test('a method that is not offered says which are', async () => {
    const answer = await call('/teams', { method: 'DELETE' })
    expect(answer.status).toBe(404)
    expect(answer.text).toContain('GET, POST')
  })

  test('what is absent in a PATCH stays', async () => {
    const before = await admin.client.readOrganization()
    const after = await admin.client.updateOrganization({ body: { name: 'Renamed' } })
    expect(after).toEqual({ ...before, name: 'Renamed' })
    expect(await admin.client.updateOrganization({ body: {} })).toEqual(after)
  })
})

describe('lists', () => {
  test('are walked page by page, each row once, and a row added meanwhile moves no other', async () => {
    const own = await createOrganizationWith(world.ownerDb)
    const { client } = await makeManagementKey(world, { orgId: own.orgId, memberId: own.ownerMemberId, role: 'admin' })
    const made: string[] = [own.defaultTeamId]
    for (let count = 0; count < 5; count += 1)
      made.push((await client.createTeam({ body: { name: `Team ${count}` } })).team_id)
    const seen: string[] = []
    for await (const team of eachItem((cursor) => client.listTeams({ query: { limit: 2, cursor } }))) {
      seen.push(team.team_id)
      if (seen.length === 3) made.push((await client.createTeam({ body: { name: 'Meanwhile' } })).team_id)
    }
    expect(seen).toEqual(made.toSorted())
  })

  test('hold all there is, however much an organization has gathered', async () => {
    const own = await createOrganizationWith(world.ownerDb)
    const { client } = await makeManagementKey(world, { orgId: own.orgId, memberId: own.ownerMemberId, role: 'admin' })
    const many = 510
    await world.pool.query(
      `INSERT INTO api_key (id, org_id, member_id, kind, name, hmac, pepper_id, public_prefix, last_four, status, revoked_at)
       SELECT new_uuid_v7(), $1, $2, 'member', 'Old ' || n, sha256(uuid_send(gen_random_uuid())), 'p', 'atpar_test_old', 'aaaa', 'revoked', now() FROM generate_series(1, $3) AS n`,
      [own.orgId, own.ownerMemberId, many],
    )
    const seen = new Set<string>()
    for await (const key of eachItem((cursor) => client.listKeys({ query: { limit: 100, cursor } }))) seen.add(key.name)
    expect(seen.size).toBe(many)
  })

  test('end with a null cursor', async () => {
    expect((await admin.client.listTeams({ query: { limit: 100 } })).next_cursor).toBeNull()
  })
})

describe('a POST with an Idempotency-Key', () => {
  const countTeams = async (name: string) =>
    (
      await world.pool.query<{ count: string }>('SELECT count(*) FROM team WHERE org_id = $1 AND name = $2', [
        organization.orgId,
        name,
      ])
    ).rows[0]?.count

  test('is done once, and answered again as the first time', async () => {
    const idempotencyKey = randomUUID()
    const create = () =>
      call('/teams', { method: 'POST', body: '{"name":"Once"}', headers: { 'idempotency-key': idempotencyKey } })
    const first = await create()
    const second = await create()
    expect([first.status, second.status]).toEqual([201, 201])
    expect(second.text).toBe(first.text)
    expect(second.headers.get('idempotent-replayed')).toBe('true')
    expect(await countTeams('Once')).toBe('1')
  })

  test('is done once by ten at the same moment', async () => {
    const idempotencyKey = randomUUID()
    const created = await Promise.all(
      Array.from({ length: 10 }, () => admin.client.createTeam({ body: { name: 'At once' }, idempotencyKey })),
    )
    expect(new Set(created.map((team) => team.team_id)).size).toBe(1)
    expect(await countTeams('At once')).toBe('1')
  })

  test('with another body is refused', async () => {
    const idempotencyKey = randomUUID()
    await admin.client.createTeam({ body: { name: 'First body' }, idempotencyKey })
    expect(await refusalOf(admin.client.createTeam({ body: { name: 'Other body' }, idempotencyKey }))).toMatchObject({
      status: 409,
      code: 'conflict',
    })
    expect(await countTeams('Other body')).toBe('0')
  })

  test('may be tried again after it was refused', async () => {
    const idempotencyKey = randomUUID()
    expect(await refusalOf(admin.client.createTeam({ body: { name: '' }, idempotencyKey }))).toMatchObject({
      status: 400,
    })
    expect(await admin.client.createTeam({ body: { name: 'Second try' }, idempotencyKey })).toMatchObject({
      name: 'Second try',
    })
  })

  test('belongs to the key that sent it', async () => {
    const other = await makeKey('admin')
    const idempotencyKey = randomUUID()
    await admin.client.createTeam({ body: { name: 'Of one key' }, idempotencyKey })
    expect((await other.client.createTeam({ body: { name: 'Of the other' }, idempotencyKey })).name).toBe(
      'Of the other',
    )
  })

  test('is forgotten after a day', async () => {
    const idempotencyKey = randomUUID()
    await admin.client.createTeam({ body: { name: 'Yesterday' }, idempotencyKey })
    await world.pool.query("UPDATE management_answer SET created_at = now() - interval '25 hours'")
    expect(await admin.client.createTeam({ body: { name: 'Today' }, idempotencyKey })).toMatchObject({ name: 'Today' })
  })

  test('leaves no readable answer in the database', async () => {
    await admin.client.createTeam({ body: { name: 'Legible' }, idempotencyKey: randomUUID() })
    const { rows } = await world.pool.query<{ body: Buffer }>('SELECT sealed_body AS body FROM management_answer')
    expect(rows.length).toBeGreaterThan(0)
    expect(rows.filter(({ body }) => body.toString('latin1').includes('Legible'))).toEqual([])
  })

  test.each(['', 'two words', 'x'.repeat(201)])('refuses "%s" as one', async (key) => {
    const answer = call('/teams', {
      method: 'POST',
      body: '{"name":"Z"}',
      headers: { 'idempotency-key': key },
    })
    expect((await answer).status).toBe(400)
  })
})

test('the client refuses with what the API said, and with something sensible when it said nothing', async () => {
  expect(await refusalOf(admin.client.readTeam({ params: { team_id: randomUUID() } }))).toMatchObject({
    status: 404,
    code: 'not_found',
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
  })
  const broken = createAtparClient({
    baseUrl: API_ADDRESS,
    managementKey: admin.text,
    fetch: () => Promise.resolve(new Response('<h1>Bad gateway</h1>', { status: 502 })),
  })
  expect(await refusalOf(broken.readOrganization())).toMatchObject({ status: 502, code: 'unknown' })
})
