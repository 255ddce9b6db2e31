import { pusd, parseUsd } from '@atpar/core/money'
import { billingPeriodOf } from '@atpar/core/usage-event'
import { randomBytes, randomUUID } from 'node:crypto'
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
import { createKey, findKey, listKeys } from './api-keys.ts'
import { listAudit, recordAudit } from './audit-log.ts'
import { readBillingAccount, setBillingDetails } from './billing-account.ts'
import { listBudgets, removeBudget, setBudget } from './budgets.ts'
import { createDb, type Db, type Tx } from './client.ts'
import { acceptInvitation, createInvitation, findInvitation, listInvitations, revokeInvitation } from './invitations.ts'
import { changeRole, listMembers, removeMember, transferOwnership } from './members.ts'
import { createOrganization } from './organizations.ts'
import { createPool, type Pool } from './pool.ts'
import { listRateLimits, setRateLimit } from './rate-limits.ts'
import { createTeam, listTeams } from './teams.ts'
import { withTenant } from './tenant.ts'
import { ingestUsageEvents } from './usage-ingest.ts'
import { createUser, findLogin } from './users.ts'

// Real databases on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 30_000 })

let database: TestDatabase
let app: Db
let owner: Pool
let shipper: Pool

beforeAll(async () => {
  database = await createTestDatabase()
  app = createDb({ url: database.urlFor('app'), max: 4 })
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test' })
  shipper = createPool({ url: database.urlFor('shipper'), max: 2, applicationName: 'test' })
}, 90_000)

afterAll(async () => {
  await app.$disconnect()
  await shipper.end()
  await owner.end()
  await database.drop()
})

const within = <T>(organization: MadeOrganization, work: (tx: Tx) => Promise<T>): Promise<T> =>
  withTenant(app, organization.tenant, work)

describe('users', () => {
  it('sign up once per e-mail address, however it is written', async () => {
    const { userId } = await createUser(app, {
      email: ' Ada@Example.test ',
      name: 'Ada',
      passwordHash: 'hash',
      emailVerifiedAtMs: null,
    })
    expect(await findLogin(app, 'ADA@example.test')).toEqual({
      userId,
      name: 'Ada',
      passwordHash: 'hash',
    })
    await expect(
      createUser(app, { email: 'ada@EXAMPLE.test', name: 'Eve', passwordHash: 'other', emailVerifiedAtMs: null }),
    ).rejects.toMatchObject({ code: 'conflict', param: 'email' })
    expect(await findLogin(app, 'nobody@example.test')).toBeNull()
  })
})

describe('organizations', () => {
  it('start with an owner, a team the owner administers and a hard monthly budget', async () => {
    const made = await createOrganizationWith(app, { name: 'Fresh', budgetPusd: parseUsd('5') })
    await within(made, async (tx) => {
      const [member] = await listMembers(tx, made.orgId)
      expect(member).toMatchObject({
        memberId: made.ownerMemberId,
        role: 'owner',
        teams: [{ name: 'Default', role: 'team_admin' }],
      })
      expect(await listBudgets(tx, made.orgId)).toMatchObject([
        {
          scope: 'organization',
          scopeId: made.orgId,
          limitPusd: parseUsd('5'),
          period: 'month',
          hard: true,
          version: 1,
        },
      ])
    })
  })

  it('get a slug of their own when the wanted one is taken or reserved', async () => {
    const { userId } = await createUserWith(app)
    const create = (name: string) => createOrganization(app, { name, ownerUserId: userId, starterCreditPusd: pusd(0n) })
    expect((await create('Zürich Labs, Inc.')).slug).toBe('zurich-labs-inc')
    expect((await create('Zürich Labs Inc')).slug).toMatch(/^zurich-labs-inc-\d+$/)
    expect((await create('API')).slug).toMatch(/^api-\d+$/)
    expect((await create('東京')).slug).toMatch(/^organization/)
  })

  it('are all there or not at all', async () => {
    const before = await owner.query('SELECT count(*) FROM organization')
    await expect(
      createOrganization(app, {
        name: 'x'.repeat(200),
        ownerUserId: (await createUserWith(app)).userId,
        starterCreditPusd: pusd(0n),
      }),
    ).rejects.toThrow(/organization_name_check/)
    await expect(
      createOrganization(app, { name: 'Nobody', ownerUserId: randomUUID(), starterCreditPusd: pusd(0n) }),
    ).rejects.toThrow(/Foreign key/)
    expect((await owner.query('SELECT count(*) FROM organization')).rows).toEqual(before.rows)
  })
})

describe('members', () => {
  it('always include an owner, even when two step down at once', async () => {
    const made = await createOrganizationWith(app)
    await expect(within(made, (tx) => removeMember(tx, made.orgId, made.ownerMemberId))).rejects.toMatchObject({
      code: 'forbidden',
    })
    const second = await createMemberWith(app, made.orgId, { role: 'owner' })
    const results = await Promise.allSettled(
      [made.ownerMemberId, second.memberId].map((memberId) =>
        within(made, (tx) => changeRole(tx, made.orgId, { memberId, role: 'viewer' })),
      ),
    )
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
    expect(
      (await within(made, (tx) => listMembers(tx, made.orgId))).filter((member) => member.role === 'owner'),
    ).toHaveLength(1)
  })

  it('hand ownership on in one step, and only an owner does', async () => {
    const made = await createOrganizationWith(app)
    const heir = await createMemberWith(app, made.orgId)
    const rolesOf = async () =>
      new Map((await within(made, (tx) => listMembers(tx, made.orgId))).map(({ memberId, role }) => [memberId, role]))
    const transfer = (fromMemberId: string, toMemberId: string) =>
      within(made, (tx) => transferOwnership(tx, made.orgId, { fromMemberId, toMemberId }))
    await transfer(made.ownerMemberId, heir.memberId)
    expect(await rolesOf()).toEqual(
      new Map([
        [made.ownerMemberId, 'admin'],
        [heir.memberId, 'owner'],
      ]),
    )
    const taking = transfer(made.ownerMemberId, made.ownerMemberId)
    await expect(taking).rejects.toMatchObject({ code: 'forbidden' })
    await expect(transfer(heir.memberId, randomUUID())).rejects.toMatchObject({ code: 'not_found' })
    expect((await rolesOf()).get(heir.memberId)).toBe('owner')
  })

  it('take their keys with them when they go', async () => {
    const made = await createOrganizationWith(app)
    const member = await createMemberWith(app, made.orgId, { teamId: made.defaultTeamId })
    const key = await createKeyWith(app, {
      orgId: made.orgId,
      holder: { kind: 'member', memberId: member.memberId, teamId: made.defaultTeamId },
    })
    await within(made, (tx) => removeMember(tx, made.orgId, member.memberId))
    const found = await within(made, (tx) => findKey(tx, made.orgId, { keyId: key.keyId, atMs: Date.now() }))
    expect(found).toMatchObject({ status: 'revoked' })
    expect(await within(made, (tx) => listTeams(tx, made.orgId))).toMatchObject([{ memberCount: 1 }])
  })
})

describe('teams', () => {
  it('have a name of their own within the organization', async () => {
    const made = await createOrganizationWith(app)
    await within(made, (tx) => createTeam(tx, made.orgId, 'Search'))
    await expect(within(made, (tx) => createTeam(tx, made.orgId, ' Search '))).rejects.toMatchObject({
      code: 'conflict',
      param: 'name',
    })
  })
})

describe('keys', () => {
  const secret = () => ({
    hmac: Buffer.from(randomUUID()),
    pepperId: 'p1',
    publicPrefix: 'atpar_live_x',
    lastFour: 'abcd',
  })

  it('are for members in their teams and for teams, of this organization only', async () => {
    const ours = await createOrganizationWith(app)
    const theirs = await createOrganizationWith(app)
    const attempt = (key: { memberId?: string; teamId: string | null }) =>
      within(ours, (tx) => {
        const basics = { name: 'Key', secret: secret(), createdByUserId: ours.owner.userId }
        return key.memberId === undefined
          ? createKey(tx, ours.orgId, { ...basics, kind: 'service', teamId: key.teamId ?? '' })
          : createKey(tx, ours.orgId, { ...basics, kind: 'member', memberId: key.memberId, teamId: key.teamId })
      })
    const outsider = await createMemberWith(app, ours.orgId)
    await expect(attempt({ memberId: theirs.ownerMemberId, teamId: null })).rejects.toMatchObject({
      code: 'not_found',
      param: 'memberId',
    })
    await expect(attempt({ teamId: theirs.defaultTeamId })).rejects.toMatchObject({
      code: 'not_found',
      param: 'teamId',
    })
    await expect(attempt({ memberId: outsider.memberId, teamId: ours.defaultTeamId })).rejects.toMatchObject({
      code: 'not_found',
      param: 'teamId',
    })
    await expect(attempt({ memberId: ours.ownerMemberId, teamId: ours.defaultTeamId })).resolves.toMatchObject({
      keyId: expect.any(String) as string,
    })
    await expect(attempt({ memberId: outsider.memberId, teamId: null })).resolves.toMatchObject({
      keyId: expect.any(String) as string,
    })
  })

  it("show this month's spend and when they were last used", async () => {
    const made = await createOrganizationWith(app)
    const key = await createKeyWith(app, {
      orgId: made.orgId,
      holder: { kind: 'service', teamId: made.defaultTeamId },
      name: 'CI',
    })
    const now = Date.now()
    const month = Date.parse(billingPeriodOf(now))
    const at = (startedAtMs: number, amount: bigint) =>
      buildUsageEvent({ orgId: made.orgId, keyId: key.keyId, startedAtMs, billedPusd: pusd(amount) })
    await ingestUsageEvents(shipper, { events: [at(month - 1, 1000n), at(month, 30n), at(now, 4n)] })
    expect(await within(made, (tx) => listKeys(tx, made.orgId, { atMs: now }))).toMatchObject([
      {
        name: 'CI',
        kind: 'service',
        teamName: 'Default',
        memberName: null,
        spentThisMonthPusd: 34n,
        lastUsedAtMs: Math.floor(now / 3_600_000) * 3_600_000,
      },
    ])
  })
})

describe('budgets', () => {
  it('keep their id and grow their version when they are edited, so that spend is not forgiven', async () => {
    const made = await createOrganizationWith(app)
    const scope = { scope: 'team', scopeId: made.defaultTeamId, period: 'month', hard: true } as const
    const first = await within(made, (tx) => setBudget(tx, made.orgId, { ...scope, limitPusd: parseUsd('1') }))
    const second = await within(made, (tx) => setBudget(tx, made.orgId, { ...scope, limitPusd: parseUsd('2') }))
    expect(second).toEqual({ ...first, limitPusd: parseUsd('2'), version: 2 })
    expect(await within(made, (tx) => removeBudget(tx, made.orgId, first.id))).toBe(true)
    expect(await within(made, (tx) => listBudgets(tx, made.orgId, { scope: 'team' }))).toEqual([])
  })
})

describe('billing details', () => {
  it('are to be told to Stripe whenever they change, and forget what it said of the former tax id', async () => {
    const made = await createOrganizationWith(app)
    const details = {
      ...(await within(made, (tx) => readBillingAccount(tx, made.orgId))).details,
      taxIdKind: 'eu_vat',
      taxId: 'DE123456789',
    }
    const untold = async () => {
      const { rows } = await owner.query<{ untold: boolean }>(
        'SELECT tell_details_at IS NOT NULL AS untold FROM billing_account WHERE org_id = $1',
        [made.orgId],
      )
      return rows[0]?.untold
    }
    await within(made, (tx) => setBillingDetails(tx, made.orgId, details))
    expect(await untold()).toBe(true)
    await owner.query(
      `UPDATE billing_account SET tell_details_at = NULL, tax_id_refusal = 'tax_id_invalid' WHERE org_id = $1`,
      [made.orgId],
    )
    expect((await within(made, (tx) => readBillingAccount(tx, made.orgId))).taxIdRefusal).toBe('tax_id_invalid')
    await within(made, (tx) => setBillingDetails(tx, made.orgId, { ...details, taxId: 'DE987654321' }))
    expect(await untold()).toBe(true)
    expect((await within(made, (tx) => readBillingAccount(tx, made.orgId))).taxIdRefusal).toBeNull()
  })
})

describe('rate limits', () => {
  it('keep their id and grow their version when they are edited', async () => {
    const made = await createOrganizationWith(app)
    const scope = { scope: 'organization', scopeId: made.orgId, tokensPerMinute: null, concurrency: 4 } as const
    const first = await within(made, (tx) => setRateLimit(tx, made.orgId, { ...scope, requestsPerMinute: 60 }))
    const second = await within(made, (tx) => setRateLimit(tx, made.orgId, { ...scope, requestsPerMinute: 30 }))
    expect(second).toEqual({ ...first, requestsPerMinute: 30, version: 2 })
    expect(await within(made, (tx) => listRateLimits(tx, made.orgId))).toEqual([second])
  })
})

describe('invitations', () => {
  const invite = async () => {
    const made = await createOrganizationWith(app, { name: 'Host' })
    const tokenHash = randomBytes(32)
    const { invitationId } = await within(made, (tx) =>
      createInvitation(tx, made.orgId, {
        email: 'Guest@example.test',
        role: 'developer',
        teamId: made.defaultTeamId,
        tokenHash,
        invitedByUserId: made.owner.userId,
        expiresAtMs: Date.now() + 60_000,
      }),
    )
    return { made, tokenHash, invitationId }
  }

  it('make a member of whoever holds the token, once, also when it is clicked twice', async () => {
    const { made, tokenHash } = await invite()
    expect(await findInvitation(app, tokenHash)).toMatchObject({
      orgId: made.orgId,
      orgName: 'Host',
      email: 'guest@example.test',
    })
    const guest = await createUserWith(app, { email: 'guest@example.test' })
    const results = await Promise.allSettled([1, 2].map(() => acceptInvitation(app, { tokenHash, ...guest })))
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
    expect(await findInvitation(app, tokenHash)).toMatchObject({ state: 'used' })
    const members = await within(made, (tx) => listMembers(tx, made.orgId))
    expect(members.map((member) => [member.role, member.teams.length])).toEqual([
      ['owner', 1],
      ['developer', 1],
    ])
  })

  it('are worth nothing when revoked, and only their organization can revoke them', async () => {
    const { made, tokenHash, invitationId } = await invite()
    const stranger = await createOrganizationWith(app)
    expect(await within(stranger, (tx) => revokeInvitation(tx, stranger.orgId, invitationId))).toBe(false)
    expect(await within(made, (tx) => listInvitations(tx, made.orgId))).toMatchObject([{ invitationId }])
    expect(await within(made, (tx) => revokeInvitation(tx, made.orgId, invitationId))).toBe(true)
    expect(await findInvitation(app, tokenHash)).toMatchObject({ state: 'revoked' })
    const guest = await createUserWith(app, { email: 'guest@example.test' })
    await expect(acceptInvitation(app, { tokenHash, ...guest })).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('the record of acts', () => {
  it('names who did what, newest first', async () => {
    const made = await createOrganizationWith(app, { owner: { name: 'Grace' } })
    await within(made, (tx) =>
      recordAudit(tx, made.orgId, {
        actorUserId: made.owner.userId,
        action: 'key-revoked',
        subjectKind: 'key',
        subjectId: 'k1',
        before: { status: 'active' },
      }),
    )
    const [newest, oldest] = await within(made, (tx) => listAudit(tx, made.orgId, { limit: 5 }))
    expect(newest).toMatchObject({ action: 'key-revoked', actorName: 'Grace', before: { status: 'active' } })
    expect(oldest).toMatchObject({ action: 'organization-created', subjectId: made.orgId })
    expect(await within(made, (tx) => listAudit(tx, made.orgId, { limit: 5, before: newest?.id ?? '' }))).toHaveLength(
      1,
    )
  })
})
