import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { generateApiKey } from '@atpar/crypto/api-key'
import { findCaller } from '@atpar/db/gateway'
import { findManagementKey } from '@atpar/db/management-keys'
import { createMemberWith, createOrganizationWith, type MadeOrganization } from '@atpar/testkit/factories'
import { startActWorld, type ActWorld } from '../../test/act-world.ts'
import { createKeyAct } from '../acts/keys/create-key.ts'
import { readKeyAct } from '../acts/keys/read-key.ts'
import { revokeKeyAct } from '../acts/keys/revoke-key.ts'
import { rotateKeyAct } from '../acts/keys/rotate-key.ts'
import { createManagementKeyAct } from '../acts/management-keys/create-management-key.ts'
import type { ActContext } from '../acts/define-act.ts'
import { provideDeps, readDeps } from '../deps.ts'
import { receiveLeakReport } from './receive-report.ts'

let world: ActWorld
let ours: MadeOrganization
let owner: ActContext
let developerId: string
let developerEmail: string
let address = 0

beforeAll(async () => {
  world = await startActWorld()
}, 60_000)
afterAll(() => world.stop())
beforeEach(async () => {
  ours = await createOrganizationWith(world.ownerDb)
  owner = await world.actAs(ours.orgId, ours.ownerMemberId)
  const developer = await createMemberWith(world.ownerDb, ours.orgId)
  developerId = developer.memberId
  developerEmail = developer.email
  address += 1
})

const report = async (body: string) => {
  const request = new Request('http://dashboard.test/api/report-leaked-key', {
    method: 'POST',
    body,
    headers: { 'x-forwarded-for': `198.51.100.${address}` },
  })
  const answer = await receiveLeakReport(request)
  return { status: answer.status, body: await answer.text() }
}
const issue = () => createKeyAct(owner, { name: 'Laptop', owner: { kind: 'member', memberId: developerId } })
const callerOf = async (apiKey: string) => findCaller(world.pool, readDeps().hashKey(apiKey)[0] ?? new Uint8Array())
const mailed = (from: number) => world.mails.slice(from).map(({ to }) => to)

test('a key that works is stopped at once, on record, and its holder and the admins hear of it', async () => {
  const { key, apiKey } = await issue()
  const before = { mails: world.mails.length, announced: world.announced() }
  expect(
    await report(JSON.stringify([{ token: apiKey, type: 'atpar_api_key', url: 'https://example.test/commit' }])),
  ).toEqual({
    status: 202,
    body: '{"received":true}',
  })
  expect((await callerOf(apiKey))?.keyStatus).toBe('revoked')
  expect(await readKeyAct(owner, { keyId: key.keyId })).toMatchObject({ status: 'revoked', revokedReason: 'leaked' })
  expect(mailed(before.mails).toSorted()).toEqual([developerEmail, ours.owner.email].toSorted())
  expect(JSON.stringify(world.mails)).not.toContain(apiKey)
  expect(world.announced()).toBe(before.announced + 1)
  const { rows } = await world.pool.query('SELECT actor_user_id FROM audit_log WHERE subject_id = $1 AND action = $2', [
    key.keyId,
    'key-revoked-as-leaked',
  ])
  expect(rows).toEqual([{ actor_user_id: null }])
})

test('the answer is the same for a key that works, a revoked, an unknown and no key at all', async () => {
  const working = await issue()
  const revoked = await issue()
  await revokeKeyAct(owner, { keyId: revoked.key.keyId })
  const answers = [working.apiKey, revoked.apiKey, generateApiKey('live').text, 'nothing', ''].map(report)
  expect(new Set((await Promise.all(answers)).map((answer) => JSON.stringify(answer))).size).toBe(1)
})

test('a second report changes and tells nothing more', async () => {
  const { apiKey } = await issue()
  await report(apiKey)
  const mails = world.mails.length
  await report(apiKey)
  expect(world.mails).toHaveLength(mails)
})

test('a former secret is ended and the key goes on', async () => {
  const { key, apiKey } = await issue()
  const rotated = await rotateKeyAct(owner, { keyId: key.keyId })
  await report(apiKey)
  expect((await callerOf(apiKey))?.expiresAtMs).toBeLessThanOrEqual(Date.now())
  expect(await callerOf(rotated.apiKey)).toMatchObject({ keyStatus: 'active', expiresAtMs: null })
  expect((await readKeyAct(owner, { keyId: key.keyId })).formerSecrets).toMatchObject([{ isLeaked: true }])
})

test('a management key is stopped at once, on record, and the admins hear of it, its text in no mail', async () => {
  const { text } = await createManagementKeyAct(owner, { name: 'Terraform', role: 'admin' })
  const hmac = readDeps().hashKey(text)[0] ?? new Uint8Array()
  expect(await findManagementKey(world.db, hmac)).toMatchObject({ state: 'active' })
  const before = world.mails.length
  expect((await report(`export ATPAR_MANAGEMENT_KEY=${text}`)).status).toBe(202)
  expect(await findManagementKey(world.db, hmac)).toMatchObject({ state: 'revoked' })
  expect(mailed(before)).toEqual([ours.owner.email])
  expect(JSON.stringify(world.mails)).not.toContain(text)
  const { rows } = await world.pool.query('SELECT before FROM audit_log WHERE org_id = $1 AND action = $2', [
    ours.orgId,
    'management-key-revoked-as-leaked',
  ])
  expect(rows).toEqual([{ before: { name: 'Terraform' } }])
  await report(text)
  expect(mailed(before)).toHaveLength(1)
})

test('the key is stopped although no mail can be handed over', async () => {
  const { apiKey } = await issue()
  const deps = readDeps()
  provideDeps({ ...deps, sendMail: () => Promise.reject(new Error('Redis is away')) })
  try {
    expect((await report(apiKey)).status).toBe(202)
  } finally {
    provideDeps(deps)
  }
  expect((await callerOf(apiKey))?.keyStatus).toBe('revoked')
})

test('a flood from one address is refused, and a body without end is not read', async () => {
  expect((await report('x'.repeat(300 * 1024))).status).toBe(413)
  const answers = await Promise.all(Array.from({ length: 80 }, () => report('nothing')))
  expect(answers.some(({ status }) => status === 429)).toBe(true)
})
