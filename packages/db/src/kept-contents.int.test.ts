import { randomBytes } from 'node:crypto'
import { newUuidV7 } from '@atpar/core/ids'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
// By path, not by package: the testkit builds on this package.
import { createKeyWith, createOrganizationWith, type MadeOrganization } from '../../testkit/src/factories.ts'
import { createTestDatabase, type TestDatabase } from '../../testkit/src/postgres.ts'
import { createDb, type Db } from './client.ts'
import {
  forgetContent,
  listContentPolicies,
  listKeptRequests,
  readContentState,
  setContentPolicy,
} from './content-policies.ts'
import { findCaller } from './gateway.ts'
import { deleteDueContents, findContents, keepContents } from './kept-contents.ts'
import { exportOrganization } from './organization-export.ts'
import { createPool, type Pool } from './pool.ts'
import { withTenant } from './tenant.ts'

vi.setConfig({ testTimeout: 30_000 })

let database: TestDatabase
let owner: Pool
let gateway: Pool
let worker: Pool
let app: Db
let ours: MadeOrganization
let theirs: MadeOrganization

beforeAll(async () => {
  database = await createTestDatabase()
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test' })
  gateway = createPool({ url: database.urlFor('gateway'), max: 2, applicationName: 'test' })
  worker = createPool({ url: database.urlFor('worker'), max: 2, applicationName: 'test' })
  app = createDb({ url: database.urlFor('app'), max: 3 })
}, 90_000)
afterAll(async () => {
  await Promise.all([app.$disconnect(), owner.end(), gateway.end(), worker.end()])
  await database.drop()
})
beforeEach(async () => {
  ours = await createOrganizationWith(app, { name: 'Ours' })
  theirs = await createOrganizationWith(app, { name: 'Theirs' })
})

const newId = (): string => newUuidV7({ nowMs: Date.now, randomBytes })

const setDays = (organization: MadeOrganization, holderId: string, days: 0 | 7 | 30 | null) =>
  withTenant(app, { orgId: organization.orgId, userId: null }, async (tx) => {
    await setContentPolicy(tx, organization.orgId, { holderId, days })
    return forgetContent(tx, organization.orgId)
  })

const keep = async (organization: MadeOrganization, holderId: string): Promise<string> => {
  const requestId = newId()
  const sealed = Buffer.from('sealed')
  await keepContents(gateway, [{ orgId: organization.orgId, requestId, holderId, sealed, sealingKeyId: 'k' }])
  return requestId
}

const makeOlder = (requestId: string, days: number) =>
  owner.query(
    `UPDATE kept_content SET created_at = created_at - make_interval(days => $2), expires_at = expires_at - make_interval(days => $2) WHERE request_id = $1`,
    [requestId, days],
  )

const readable = async (organization: MadeOrganization, ...requestIds: string[]): Promise<readonly string[]> =>
  (await findContents(gateway, organization.orgId, requestIds)).map(({ requestId }) => requestId)

const rowsOf = async (requestId: string): Promise<number> =>
  (await owner.query('SELECT 1 FROM kept_content WHERE request_id = $1', [requestId])).rowCount ?? 0

describe('what is kept', () => {
  it('is nothing unless somebody chose so, and what the team says counts before what the organization says', async () => {
    const team = ours.defaultTeamId
    expect(await rowsOf(await keep(ours, team))).toBe(0)
    await setDays(ours, ours.orgId, 30)
    expect(await rowsOf(await keep(ours, team))).toBe(1)
    await setDays(ours, team, 0)
    expect(await rowsOf(await keep(ours, team))).toBe(0)
    expect(await rowsOf(await keep(ours, ours.orgId))).toBe(1)
    expect(await rowsOf(await keep(theirs, theirs.defaultTeamId))).toBe(0)
    await setDays(ours, team, null)
    expect(await rowsOf(await keep(ours, team))).toBe(1)
    expect(
      await withTenant(app, { orgId: theirs.orgId, userId: null }, (tx) => listContentPolicies(tx, theirs.orgId)),
    ).toEqual([])
  })

  it('is what a proxy knows of the key’s caller', async () => {
    const key = await createKeyWith(app, {
      orgId: ours.orgId,
      holder: { kind: 'service', teamId: ours.defaultTeamId },
    })
    expect((await findCaller(gateway, key.hmac))?.contentDays).toBe(0)
    await setDays(ours, ours.orgId, 7)
    expect((await findCaller(gateway, key.hmac))?.contentDays).toBe(7)
    await setDays(ours, ours.defaultTeamId, 30)
    expect((await findCaller(gateway, key.hmac))?.contentDays).toBe(30)
  })

  it('is found by its own organization only, and written once however often it is sent', async () => {
    await setDays(ours, ours.orgId, 7)
    await setDays(theirs, theirs.orgId, 7)
    const requestId = await keep(ours, ours.defaultTeamId)
    await keepContents(gateway, [
      { orgId: ours.orgId, requestId, holderId: ours.orgId, sealed: Buffer.from('other'), sealingKeyId: 'k' },
    ])
    expect(await readable(ours, requestId)).toEqual([requestId])
    expect(await readable(theirs, requestId)).toEqual([])
    const [found] = await findContents(gateway, ours.orgId, [requestId])
    expect(Buffer.from(found?.sealed ?? []).toString()).toBe('sealed')
    const state = (organization: MadeOrganization) =>
      withTenant(app, { orgId: organization.orgId, userId: null }, (tx) =>
        readContentState(tx, organization.orgId, { requestId, holderId: organization.orgId }),
      )
    const listed = (after: string | null) =>
      withTenant(app, { orgId: ours.orgId, userId: null }, (tx) =>
        listKeptRequests(tx, ours.orgId, { after, limit: 5 }),
      )
    expect([await listed(null), await listed(requestId)]).toEqual([[requestId], []])
    expect((await state(ours)).keptUntilMs).not.toBeNull()
    expect(await state(theirs)).toEqual({ keptUntilMs: null, days: 7 })
  })
})

describe('what is past its time', () => {
  it('can be read by nobody from that moment, and is gone once the job has run, once or twice', async () => {
    await setDays(ours, ours.orgId, 7)
    const [young, old] = [await keep(ours, ours.orgId), await keep(ours, ours.orgId)]
    await makeOlder(young, 6)
    await makeOlder(old, 7)
    expect(await readable(ours, young, old)).toEqual([young])
    await Promise.all([deleteDueContents(worker), deleteDueContents(worker)])
    expect(await deleteDueContents(worker)).toBe(0)
    expect([await rowsOf(young), await rowsOf(old)]).toEqual([1, 0])
  })

  it('an export tells that words were kept, whose and how long, and holds none of them', async () => {
    await setDays(ours, ours.orgId, 7)
    const [requestId] = [await keep(ours, ours.orgId), await keep(theirs, theirs.orgId)]
    const lines: string[] = []
    const { tables } = await exportOrganization(app, { orgId: ours.orgId, userId: null }, (chunk) => {
      if (chunk.table === 'kept_content') lines.push(...chunk.lines)
      return Promise.resolve()
    })
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ request_id: requestId, holder_id: ours.orgId, expires_at: expect.any(String) }),
    ])
    expect(tables['kept_content']?.withheld).toEqual(['sealed', 'sealing_key_id'])
    expect(lines.join('')).not.toContain(Buffer.from('sealed').toString('hex'))
    expect(tables['content_policy']?.rows).toBe(1)
  })

  it('is deleted by whoever lowers a policy, and what other teams keep is not', async () => {
    await setDays(ours, ours.orgId, 30)
    await setDays(ours, ours.defaultTeamId, 30)
    const [fresh, tenDays] = [await keep(ours, ours.orgId), await keep(ours, ours.orgId)]
    const teams = await keep(ours, ours.defaultTeamId)
    await makeOlder(tenDays, 10)
    await makeOlder(teams, 10)
    expect(await setDays(ours, ours.orgId, 7)).toBe(1)
    expect([await rowsOf(fresh), await rowsOf(tenDays), await rowsOf(teams)]).toEqual([1, 0, 1])
    expect(await setDays(ours, ours.orgId, 0)).toBe(1)
    expect([await rowsOf(fresh), await rowsOf(teams)]).toEqual([0, 1])
    // What was chosen when it was written goes on counting: raising brings no extra day.
    await setDays(ours, ours.orgId, 7)
    const raised = await keep(ours, ours.orgId)
    await setDays(ours, ours.orgId, 30)
    await makeOlder(raised, 8)
    expect(await readable(ours, raised)).toEqual([])
  })

  it('the job deletes what a lowered policy left behind, of each team by its own', async () => {
    await setDays(ours, ours.orgId, 30)
    await setDays(theirs, theirs.orgId, 30)
    const [mine, other] = [await keep(ours, ours.defaultTeamId), await keep(theirs, theirs.orgId)]
    await owner.query('UPDATE content_policy SET days = 0 WHERE org_id = $1', [ours.orgId])
    expect(await readable(ours, mine)).toEqual([])
    await deleteDueContents(worker)
    expect([await rowsOf(mine), await rowsOf(other)]).toEqual([0, 1])
  })

  it('goes with an organization that is erased, and nothing is kept of it afterwards', async () => {
    await setDays(ours, ours.orgId, 30)
    const requestId = await keep(ours, ours.orgId)
    await owner.query(
      `UPDATE organization SET status = 'suspended', status_before_deletion = 'active', deletion_requested_at = now() - interval '8 days', deletion_due_at = now() - interval '1 minute' WHERE id = $1`,
      [ours.orgId],
    )
    await worker.query('SELECT erase_organization($1)', [ours.orgId])
    expect(await rowsOf(requestId)).toBe(0)
    expect(await rowsOf(await keep(ours, ours.orgId))).toBe(0)
  })
})

it('nothing is written behind the deletion of whoever lowers a policy while a proxy writes', async () => {
  await setDays(ours, ours.orgId, 30)
  let writing: Promise<string> | undefined
  await withTenant(app, { orgId: ours.orgId, userId: null }, async (tx) => {
    await setContentPolicy(tx, ours.orgId, { holderId: ours.orgId, days: 0 })
    writing = keep(ours, ours.orgId)
    // It waits for this transaction: seen, not assumed.
    await vi.waitFor(
      async () => {
        const { rowCount } = await owner.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory'`,
        )
        expect(rowCount).toBe(1)
      },
      { timeout: 10_000 },
    )
    await forgetContent(tx, ours.orgId)
  })
  expect(await rowsOf((await writing) ?? '')).toBe(0)
})
