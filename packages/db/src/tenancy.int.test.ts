import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
// By path, not by package: the testkit builds on this package.
import {
  createKeyWith,
  createMemberWith,
  createOrganizationWith,
  createUserWith,
  type MadeOrganization,
} from '../../testkit/src/factories.ts'
import { createTestDatabase, type TestDatabase } from '../../testkit/src/postgres.ts'
import { buildUsageEvent } from '../../testkit/src/usage-events.ts'
import { findKey, listKeys, revokeKey } from './api-keys.ts'
import { removeBudget, listBudgets } from './budgets.ts'
import { createDb, type Db, type Tx } from './client.ts'
import { findMember, listMemberships, removeMember } from './members.ts'
import { readOrganization, renameOrganization } from './organizations.ts'
import { createPool, type Pool } from './pool.ts'
import { findRequest, listRequests } from './requests.ts'
import { assertRoleIsSafe } from './role-safety.ts'
import { createSession, findSession, listSessions, revokeSession } from './sessions.ts'
import { createTeam, findTeam } from './teams.ts'
import { withActor, withTenant } from './tenant.ts'
import { ingestUsageEvents } from './usage-ingest.ts'
import { findProfile } from './users.ts'

// Real databases on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 30_000 })

let database: TestDatabase
let app: Db
let owner: Pool
let ours: MadeOrganization
let theirs: MadeOrganization
let theirKeyId: string
let theirRequestId: string

beforeAll(async () => {
  database = await createTestDatabase()
  app = createDb({ url: database.urlFor('app'), max: 3 })
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test' })
  ours = await createOrganizationWith(app, { name: 'Ours' })
  theirs = await createOrganizationWith(app, { name: 'Theirs' })
  const key = await createKeyWith(app, {
    orgId: theirs.orgId,
    holder: { kind: 'service', teamId: theirs.defaultTeamId },
  })
  theirKeyId = key.keyId
  const event = buildUsageEvent({ orgId: theirs.orgId, keyId: theirKeyId })
  theirRequestId = event.requestId
  const shipper = createPool({ url: database.urlFor('shipper'), max: 1, applicationName: 'test' })
  await ingestUsageEvents(shipper, { events: [event] })
  await shipper.end()
}, 90_000)

afterAll(async () => {
  await app.$disconnect()
  await owner.end()
  await database.drop()
})

const asOurs = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => withTenant(app, ours.tenant, work)

/** Queries of someone who forgot to name the organization. */
const FORGETFUL: readonly (readonly [string, (tx: Tx) => Promise<readonly unknown[]>])[] = [
  ['organizations', (tx) => tx.organization.findMany({ where: { id: theirs.orgId } })],
  ['teams', (tx) => tx.team.findMany({ where: { id: theirs.defaultTeamId } })],
  ['memberships', (tx) => tx.membership.findMany({ where: { id: theirs.ownerMemberId } })],
  ['team memberships', (tx) => tx.teamMembership.findMany({ where: { teamId: theirs.defaultTeamId } })],
  ['keys', (tx) => tx.apiKey.findMany({ where: { id: theirKeyId } })],
  ['budgets', (tx) => tx.budget.findMany({ where: { scopeId: theirs.orgId } })],
  ['audit entries', (tx) => tx.auditLog.findMany({ where: { subjectId: theirs.orgId } })],
  ['users', (tx) => tx.user.findMany({ where: { id: theirs.owner.userId } })],
  ['usage events', (tx) => tx.usageEvent.findMany({ where: { requestId: theirRequestId } })],
  [
    'roll-ups',
    (tx) => tx.$queryRaw<unknown[]>`SELECT org_id FROM usage_rollup_hourly WHERE key_id = ${theirKeyId}::uuid`,
  ],
]

describe('row-level security, with the check in the code removed', () => {
  it.each(FORGETFUL)('shows no %s of another organization', async (_name, query) => {
    expect(await asOurs(query)).toEqual([])
  })

  it.each(FORGETFUL)('shows no %s to a connection that serves no organization', async (_name, query) => {
    expect(await query(app)).toEqual([])
  })

  it.each(FORGETFUL)('does show %s to the organization they belong to', async (_name, query) => {
    expect(await withTenant(app, theirs.tenant, query)).not.toEqual([])
  })

  it('refuses to write into another organization', async () => {
    const row = { id: theirKeyId.replace(/^./, 'f'), orgId: theirs.orgId, name: 'Trojan' }
    await expect(asOurs((tx) => tx.team.create({ data: row }))).rejects.toThrow(/row-level security/)
    expect(
      await asOurs((tx) => tx.team.updateMany({ where: { id: theirs.defaultTeamId }, data: { name: 'Taken' } })),
    ).toEqual({ count: 0 })
    await expect(
      asOurs((tx) => tx.team.update({ where: { id: ours.defaultTeamId }, data: { orgId: theirs.orgId } })),
    ).rejects.toThrow(/permission denied/)
  })

  it('binds a role that owns the tables as well', async () => {
    const client = await owner.connect()
    try {
      await client.query('BEGIN')
      await client.query('CREATE ROLE plain_owner NOLOGIN')
      await client.query('ALTER TABLE team OWNER TO plain_owner')
      await client.query('SET LOCAL ROLE plain_owner')
      expect((await client.query('SELECT id FROM team')).rows).toEqual([])
    } finally {
      await client.query('ROLLBACK')
      client.release()
    }
  })
})

describe('withTenant', () => {
  it('undoes everything when the work fails', async () => {
    await expect(
      asOurs(async (tx) => {
        await createTeam(tx, ours.orgId, 'Never')
        await renameOrganization(tx, ours.orgId, 'Never')
        throw new Error('changed my mind')
      }),
    ).rejects.toThrow('changed my mind')
    expect(await asOurs((tx) => tx.team.findMany({ where: { name: 'Never' } }))).toEqual([])
    expect((await asOurs((tx) => readOrganization(tx, ours.orgId)))?.name).toBe('Ours')
  })

  it('leaves nothing behind on the connection, whoever uses it next', async () => {
    const single = createDb({ url: database.urlFor('app'), max: 1 })
    await withTenant(single, ours.tenant, (tx) => tx.team.findMany())
    expect(await single.team.findMany()).toEqual([])
    const setting = await single.$queryRaw<
      { org: string | null }[]
    >`SELECT nullif(current_setting('atpar.org_id', true), '') AS org`
    expect(setting).toEqual([{ org: null }])
    await expect(withTenant(single, ours.tenant, (tx) => tx.$executeRaw`SELECT 1 / 0`)).rejects.toThrow(
      /division by zero/,
    )
    expect(await single.team.findMany()).toEqual([])
    await single.$disconnect()
  })

  it('keeps parallel tenants apart', async () => {
    const seen = await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        const tenant = index % 2 === 0 ? ours : theirs
        return withTenant(app, tenant.tenant, async (tx) => {
          const teams = await tx.team.findMany({ select: { orgId: true } })
          return teams.length > 0 && teams.every((team) => team.orgId === tenant.orgId)
        })
      }),
    )
    expect(seen).toEqual(seen.map(() => true))
  })
})

describe('repositories', () => {
  const atMs = Date.now()

  it("find nothing under another organization's ids, as under ids that do not exist", async () => {
    const found = await asOurs(async (tx) => [
      await findKey(tx, ours.orgId, { keyId: theirKeyId, atMs }),
      await findTeam(tx, ours.orgId, theirs.defaultTeamId),
      await findMember(tx, ours.orgId, theirs.ownerMemberId),
      await findRequest(tx, ours.orgId, theirRequestId),
      await findProfile(tx, theirs.owner.userId),
      await findKey(tx, ours.orgId, { keyId: 'no-id', atMs }),
      await findRequest(tx, ours.orgId, "'; DROP TABLE team; --"),
    ])
    expect(found).toEqual(found.map(() => null))
  })

  it("find nothing when they are handed another organization's id by mistake", async () => {
    await asOurs(async (tx) => {
      expect(await listKeys(tx, theirs.orgId, { atMs })).toEqual([])
      expect(await listBudgets(tx, theirs.orgId)).toEqual([])
      expect(await listRequests(tx, theirs.orgId, { limit: 10 })).toEqual([])
      expect(await readOrganization(tx, theirs.orgId)).toBeNull()
    })
  })

  it('change nothing of another organization', async () => {
    const [budget] = await withTenant(app, theirs.tenant, (tx) => listBudgets(tx, theirs.orgId))
    await asOurs(async (tx) => {
      expect(await revokeKey(tx, ours.orgId, { keyId: theirKeyId, reason: 'revoked' })).toBe(false)
      expect(await revokeKey(tx, theirs.orgId, { keyId: theirKeyId, reason: 'revoked' })).toBe(false)
      expect(await removeBudget(tx, theirs.orgId, budget?.id ?? '')).toBe(false)
      await expect(removeMember(tx, ours.orgId, theirs.ownerMemberId)).rejects.toMatchObject({ code: 'not_found' })
    })
    const key = await withTenant(app, theirs.tenant, (tx) => findKey(tx, theirs.orgId, { keyId: theirKeyId, atMs }))
    expect(key?.status).toBe('active')
  })

  it('list the organizations of whoever asks, and of nobody else', async () => {
    expect((await withActor(app, ours.owner.userId, listMemberships)).map((organization) => organization.slug)).toEqual(
      [ours.slug],
    )
    expect(await listMemberships(app)).toEqual([])
  })

  it('show members by name to their own organization only', async () => {
    const member = await createMemberWith(app, ours.orgId, { name: 'Ada' })
    expect((await asOurs((tx) => findProfile(tx, member.userId)))?.name).toBe('Ada')
    expect(await withTenant(app, theirs.tenant, (tx) => findProfile(tx, member.userId))).toBeNull()
  })
})

describe('sessions', () => {
  const tokenHash = Buffer.alloc(32, 9)

  it('are found by their hash until they are revoked, and revoked by their person only', async () => {
    const ada = await createUserWith(app, { name: 'Ada' })
    const bob = await createUserWith(app)
    const { sessionId } = await createSession(app, {
      userId: ada.userId,
      tokenHash,
      userAgent: 'test',
      ip: null,
      expiresAtMs: Date.now() + 60_000,
      method: 'password',
      awaitsSecondFactor: false,
    })
    expect(await findSession(app, tokenHash)).toMatchObject({
      sessionId,
      userId: ada.userId,
      name: 'Ada',
      isOperator: false,
    })
    expect(await withActor(app, bob.userId, (tx) => revokeSession(tx, ada.userId, sessionId))).toBe(false)
    expect(await withActor(app, bob.userId, (tx) => listSessions(tx, ada.userId))).toEqual([])
    expect(await withActor(app, ada.userId, (tx) => listSessions(tx, ada.userId))).toHaveLength(1)
    expect(await withActor(app, ada.userId, (tx) => revokeSession(tx, ada.userId, sessionId))).toBe(true)
    expect(await findSession(app, tokenHash)).toBeNull()
  })

  it('end by themselves', async () => {
    const { userId } = await createUserWith(app)
    const hash = Buffer.alloc(32, 10)
    await createSession(app, {
      userId,
      tokenHash: hash,
      userAgent: null,
      ip: null,
      expiresAtMs: Date.now() - 1,
      method: 'password',
      awaitsSecondFactor: false,
    })
    expect(await findSession(app, hash)).toBeNull()
  })
})

describe('assertRoleIsSafe', () => {
  it('lets the four roles of the services boot', async () => {
    for (const role of ['app', 'gateway', 'shipper', 'worker'] as const) {
      const pool = createPool({ url: database.urlFor(role), max: 1, applicationName: 'test' })
      await expect(assertRoleIsSafe(pool)).resolves.toBeUndefined()
      await pool.end()
    }
  })

  it('stops a service that was given the owner', async () => {
    await expect(assertRoleIsSafe(owner)).rejects.toThrow(/bypasses row-level security|owns/)
  })
})
