import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { setContentPolicy } from '@atpar/db/content-policies'
import { withTenant } from '@atpar/db/tenant'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { createKeyWith, createOrganizationWith, type MadeOrganization } from '@atpar/testkit/factories'
import { buildUsageEvent } from '@atpar/testkit/usage-events'
import { startActWorld, type ActWorld } from '../../../test/act-world.ts'
import { readContentAct } from './read-content.ts'
import { readContentPolicyAct } from './read-content-policy.ts'
import { setContentPolicyAct } from './set-content-policy.ts'

vi.setConfig({ testTimeout: 30_000 })

let world: ActWorld
let acme: MadeOrganization
let others: MadeOrganization
let requestId: string

beforeAll(async () => {
  world = await startActWorld()
  acme = await createOrganizationWith(world.ownerDb, { name: 'Acme' })
  others = await createOrganizationWith(world.ownerDb, { name: 'Others' })
  const key = await createKeyWith(world.ownerDb, {
    orgId: acme.orgId,
    holder: { kind: 'service', teamId: acme.defaultTeamId },
  })
  const event = buildUsageEvent({ orgId: acme.orgId, keyId: key.keyId, teamId: acme.defaultTeamId })
  requestId = event.requestId
  await ingestUsageEvents(world.pool, { events: [event] })
}, 90_000)
afterAll(() => world.stop())

const owner = () => world.actAs(acme.orgId, acme.ownerMemberId)
const stranger = () => world.actAs(others.orgId, others.ownerMemberId)

const audited = async (action: string): Promise<readonly unknown[]> =>
  (
    await world.pool.query('SELECT subject_id, before, after FROM audit_log WHERE org_id = $1 AND action = $2', [
      acme.orgId,
      action,
    ])
  ).rows

it('nothing is kept until somebody chooses so; what is chosen is on record and wakes the proxies', async () => {
  expect(await readContentPolicyAct(await owner(), {})).toEqual({
    days: 0,
    teams: [{ teamId: acme.defaultTeamId, name: expect.any(String), days: null }],
  })
  const before = world.announced()
  expect(await setContentPolicyAct(await owner(), { days: 7 })).toMatchObject({ days: 7, teams: [{ days: null }] })
  expect(world.announced()).toBe(before + 1)
  expect(await audited('content-policy-set')).toEqual([
    { subject_id: acme.orgId, before: { days: 0 }, after: { days: 7, forgotten: 0 } },
  ])
  expect(await setContentPolicyAct(await owner(), { teamId: acme.defaultTeamId, days: 30 })).toMatchObject({
    days: 7,
    teams: [{ days: 30 }],
  })
  expect(await setContentPolicyAct(await owner(), { teamId: acme.defaultTeamId, days: null })).toMatchObject({
    teams: [{ days: null }],
  })
})

it.each([{ days: 8 }, { days: null }, { days: 7, keyId: 'x' }])('%j is no policy', async (input) => {
  await expect(setContentPolicyAct(await owner(), input)).rejects.toMatchObject({ code: 'invalid_request' })
})

it('of another organization there is no team to set and no request to read', async () => {
  await expect(setContentPolicyAct(await stranger(), { teamId: acme.defaultTeamId, days: 7 })).rejects.toMatchObject({
    code: 'not_found',
  })
  await expect(readContentAct(await stranger(), { requestId })).rejects.toMatchObject({ code: 'not_found' })
})

it('reading what was said is on record each time; where nothing is kept there is nothing to record', async () => {
  await withTenant(world.ownerDb, { orgId: acme.orgId, userId: null }, (tx) =>
    setContentPolicy(tx, acme.orgId, { holderId: acme.orgId, days: 7 }),
  )
  expect(await readContentAct(await owner(), { requestId })).toEqual({ content: null, keptUntilMs: null, days: 7 })
  expect(await audited('content-read')).toEqual([])
  await world.pool.query(
    `INSERT INTO kept_content (org_id, request_id, holder_id, expires_at, sealed, sealing_key_id) VALUES ($1, $2, $1, now() + interval '7 days', 'x', 'k')`,
    [acme.orgId, requestId],
  )
  const words = {
    isCut: false,
    messages: [{ role: 'user' as const, parts: [{ type: 'text' as const, text: 'hello' }] }],
  }
  world.openContent(acme.orgId, requestId, { request: words, answer: null })
  expect(await readContentAct(await owner(), { requestId })).toMatchObject({ content: { request: words }, days: 7 })
  expect(await audited('content-read')).toEqual([{ subject_id: requestId, before: null, after: null }])
  // Nothing of what was said is on record with it.
  expect(
    JSON.stringify((await world.pool.query('SELECT * FROM audit_log WHERE org_id = $1', [acme.orgId])).rows),
  ).not.toContain('hello')
})
