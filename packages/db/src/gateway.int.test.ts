import { pusd, parseUsd } from '@atpar/core/money'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
// By path, not by package: the testkit builds on this package.
import {
  createKeyWith,
  createMemberWith,
  createOrganizationWith,
  type MadeOrganization,
} from '../../testkit/src/factories.ts'
import { createTestDatabase, type TestDatabase } from '../../testkit/src/postgres.ts'
import { buildUsageEvent } from '../../testkit/src/usage-events.ts'
import { revokeKey } from './api-keys.ts'
import { setBudget } from './budgets.ts'
import { createDb, type Db } from './client.ts'
import {
  endBoot,
  findCaller,
  heartbeatBoot,
  loadSnapshot,
  readBoot,
  readBudgetUsage,
  readChanges,
  readLiveBoots,
  registerBoot,
} from './gateway.ts'
import { rotateSecret } from './key-secrets.ts'
import { removeMember } from './members.ts'
import { createPool, type Pool } from './pool.ts'
import { archiveTeam, createTeam, putInTeam, removeFromTeam } from './teams.ts'
import { withTenant } from './tenant.ts'
import { ingestUsageEvents } from './usage-ingest.ts'

// Real databases on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 30_000 })

let database: TestDatabase
let app: Db
let owner: Pool
let gateway: Pool
let acme: MadeOrganization

beforeAll(async () => {
  database = await createTestDatabase()
  app = createDb({ url: database.urlFor('app'), max: 3 })
  owner = createPool({ url: database.ownerUrl, max: 2, applicationName: 'test' })
  gateway = createPool({ url: database.urlFor('gateway'), max: 3, applicationName: 'test' })
  acme = await createOrganizationWith(app, { name: 'Acme', budgetPusd: parseUsd('50') })
}, 90_000)

afterAll(async () => {
  await app.$disconnect()
  await gateway.end()
  await owner.end()
  await database.drop()
})

/** A member of a new team, with a key in it. */
const makeMemberKey = async (name: string) => {
  const team = await withTenant(app, acme.tenant, (tx) => createTeam(tx, acme.orgId, name))
  const member = await createMemberWith(app, acme.orgId, { teamId: team.teamId })
  const key = await createKeyWith(app, {
    orgId: acme.orgId,
    holder: { kind: 'member', memberId: member.memberId, teamId: team.teamId },
    name,
  })
  return { ...key, teamId: team.teamId, memberId: member.memberId }
}

describe('findCaller', () => {
  it('knows whom a key speaks for, with the budgets of all four levels', async () => {
    const key = await makeMemberKey('Levels')
    await withTenant(app, acme.tenant, async (tx) => {
      await setBudget(tx, acme.orgId, {
        scope: 'key',
        scopeId: key.keyId,
        limitPusd: parseUsd('0.05'),
        period: 'day',
        hard: true,
        timeZone: 'Asia/Kolkata',
      })
      await setBudget(tx, acme.orgId, {
        scope: 'member',
        scopeId: key.memberId,
        limitPusd: parseUsd('5'),
        period: 'month',
        hard: false,
      })
      await setBudget(tx, acme.orgId, {
        scope: 'team',
        scopeId: key.teamId,
        limitPusd: parseUsd('9'),
        period: 'total',
        hard: true,
      })
      // Someone else's limit must not count.
      await setBudget(tx, acme.orgId, {
        scope: 'team',
        scopeId: acme.defaultTeamId,
        limitPusd: parseUsd('1'),
        period: 'month',
        hard: true,
      })
    })
    const caller = await findCaller(gateway, key.hmac)
    expect(caller).toMatchObject({
      keyId: key.keyId,
      keyName: 'Levels',
      keyStatus: 'active',
      expiresAtMs: null,
      orgId: acme.orgId,
      orgStatus: 'active',
      teamId: key.teamId,
      memberId: key.memberId,
      allowedModels: [],
      rateLimits: [],
    })
    expect(
      caller?.budgets
        .map(({ scope, limitPusd, period, timeZone, hard, version }) => ({
          scope,
          limitPusd,
          period,
          timeZone,
          hard,
          version,
        }))
        .toSorted((a, b) => a.scope.localeCompare(b.scope)),
    ).toEqual([
      { scope: 'key', limitPusd: parseUsd('0.05'), period: 'day', timeZone: 'Asia/Kolkata', hard: true, version: 1 },
      { scope: 'member', limitPusd: parseUsd('5'), period: 'month', timeZone: 'UTC', hard: false, version: 1 },
      { scope: 'organization', limitPusd: parseUsd('50'), period: 'month', timeZone: 'UTC', hard: true, version: 1 },
      { scope: 'team', limitPusd: parseUsd('9'), period: 'total', timeZone: 'UTC', hard: true, version: 1 },
    ])
  })

  it('keeps a budget beyond 2^53 pUSD exact', async () => {
    const key = await makeMemberKey('Exact')
    await withTenant(app, acme.tenant, (tx) =>
      setBudget(tx, acme.orgId, {
        scope: 'key',
        scopeId: key.keyId,
        limitPusd: pusd(9_007_199_254_740_993n),
        period: 'total',
        hard: true,
      }),
    )
    const caller = await findCaller(gateway, key.hmac)
    expect(caller?.budgets.find((budget) => budget.scope === 'key')?.limitPusd).toBe(9_007_199_254_740_993n)
  })

  it('finds nobody for a hash it does not know', async () => {
    expect(await findCaller(gateway, new Uint8Array(32))).toBeNull()
  })

  it.each([
    [
      'it is revoked',
      (key: { keyId: string }) =>
        withTenant(app, acme.tenant, (tx) => revokeKey(tx, acme.orgId, { keyId: key.keyId, reason: 'revoked' })),
    ],
    [
      'its member is removed',
      (key: { memberId: string }) => withTenant(app, acme.tenant, (tx) => removeMember(tx, acme.orgId, key.memberId)),
    ],
    [
      'its member leaves the team',
      (key: { memberId: string; teamId: string }) =>
        withTenant(app, acme.tenant, (tx) => removeFromTeam(tx, acme.orgId, key)),
    ],
    [
      'its team is archived',
      (key: { teamId: string }) => withTenant(app, acme.tenant, (tx) => archiveTeam(tx, acme.orgId, key.teamId)),
    ],
  ])('calls a key revoked when %s, and says so in the change feed', async (reason, act) => {
    const key = await makeMemberKey(reason)
    const before = await findCaller(gateway, key.hmac)
    expect(before?.keyStatus).toBe('active')
    await act(key)
    const after = await findCaller(gateway, key.hmac)
    expect(after?.keyStatus).toBe('revoked')
    const changes = await readChanges(gateway, before?.changeSeq ?? 0)
    expect(changes.orgIds).toEqual([acme.orgId])
    expect(changes.seq).toBe(after?.changeSeq)
  })

  it('finds the same caller by either secret of a rotated key, until the former one ends', async () => {
    const key = await makeMemberKey('Rotated')
    const before = await findCaller(gateway, key.hmac)
    const hmac = Uint8Array.from(randomBytes(32))
    const rotate = (formerEndsAtMs: number, newHmac: Uint8Array) =>
      withTenant(app, acme.tenant, (tx) =>
        rotateSecret(tx, acme.orgId, {
          keyId: key.keyId,
          secret: { hmac: newHmac, pepperId: 'test', publicPrefix: 'atpar_test_rotated', lastFour: 'wxyz' },
          formerEndsAtMs,
        }),
      )
    const endsAtMs = Date.now() + 3_600_000
    expect(await rotate(endsAtMs, hmac)).toBe(true)
    expect(await findCaller(gateway, hmac)).toEqual({ ...before, changeSeq: expect.any(Number) })
    expect(await findCaller(gateway, key.hmac)).toEqual({
      ...before,
      expiresAtMs: endsAtMs,
      changeSeq: expect.any(Number),
    })
    expect((await readChanges(gateway, before?.changeSeq ?? 0)).orgIds).toEqual([acme.orgId])
    await withTenant(app, acme.tenant, (tx) => revokeKey(tx, acme.orgId, { keyId: key.keyId, reason: 'revoked' }))
    for (const each of [hmac, key.hmac]) expect((await findCaller(gateway, each))?.keyStatus).toBe('revoked')
    expect(await rotate(endsAtMs, Uint8Array.from(randomBytes(32)))).toBe(false)
  })

  it('counts a key that names no team against the team its member joined first', async () => {
    const member = await createMemberWith(app, acme.orgId)
    const key = await createKeyWith(app, { orgId: acme.orgId, holder: { kind: 'member', memberId: member.memberId } })
    expect((await findCaller(gateway, key.hmac))?.teamId).toBeNull()
    await withTenant(app, acme.tenant, (tx) =>
      putInTeam(tx, acme.orgId, { teamId: acme.defaultTeamId, memberId: member.memberId, role: 'developer' }),
    )
    expect(await findCaller(gateway, key.hmac)).toMatchObject({ teamId: acme.defaultTeamId, keyStatus: 'active' })
  })
})

describe('readChanges', () => {
  it('is silent when nothing happened', async () => {
    const { seq } = await readChanges(gateway, 0)
    expect(await readChanges(gateway, seq)).toEqual({ seq, orgIds: [], catalogue: false })
  })

  it('names the organizations and tells catalogue changes apart', async () => {
    const { seq } = await readChanges(gateway, 0)
    await owner.query("INSERT INTO platform_setting (key, value) VALUES ('clock_offset_ms', '5000')")
    expect(await readChanges(gateway, seq)).toMatchObject({ orgIds: [], catalogue: true })
    expect((await loadSnapshot(gateway)).clockOffsetMs).toBe(5000)
  })

  it('misses no change of a transaction that began earlier and ended later', async () => {
    const slow = await owner.connect()
    await slow.query('BEGIN')
    await slow.query('UPDATE organization SET name = $2 WHERE id = $1', [acme.orgId, 'Slow'])
    await owner.query('UPDATE team SET name = name WHERE id = $1', [acme.defaultTeamId])
    const { seq } = await readChanges(gateway, 0)
    await slow.query('COMMIT')
    slow.release()
    expect((await readChanges(gateway, seq)).orgIds).toEqual([acme.orgId])
  })
})

describe('readBudgetUsage', () => {
  it('sums one level within a window whose edges fall between hours', async () => {
    const shipper = createPool({ url: database.urlFor('shipper'), max: 1, applicationName: 'test' })
    const day = Math.floor(Date.now() / 86_400_000) * 86_400_000
    const hour = 3_600_000
    const key = await makeMemberKey('Window')
    const who = { orgId: acme.orgId, teamId: key.teamId, memberId: key.memberId, keyId: key.keyId }
    // 18:30 UTC the day before is midnight in Kolkata.
    const from = day - 5.5 * hour
    const to = from + 24 * hour
    const offsets = [-1, 0, 1, hour / 2 - 1, hour / 2, 5 * hour, 23 * hour, 24 * hour - 1, 24 * hour, 24 * hour + 1]
    const events = offsets.map((offset, index) =>
      buildUsageEvent({ ...who, startedAtMs: from + offset, billedPusd: pusd(10n ** BigInt(index)) }),
    )
    const other = buildUsageEvent({
      orgId: acme.orgId,
      teamId: key.teamId,
      startedAtMs: from + hour,
      billedPusd: pusd(7n * 10n ** 12n),
    })
    await ingestUsageEvents(shipper, { events: [...events, other] })
    await shipper.end()
    const inside = pusd(
      offsets.reduce(
        (sum, offset, index) => (offset >= 0 && offset < 24 * hour ? sum + 10n ** BigInt(index) : sum),
        0n,
      ),
    )
    const everything = pusd(offsets.reduce((sum, _offset, index) => sum + 10n ** BigInt(index), 0n))
    const read = (scope: 'key' | 'member' | 'team', [fromMs, toMs]: readonly [number | null, number | null]) =>
      readBudgetUsage(gateway, acme.orgId, {
        scope,
        scopeId: { key: key.keyId, member: key.memberId, team: key.teamId }[scope],
        fromMs,
        toMs,
      })
    expect(await read('key', [from, to])).toBe(inside)
    expect(await read('member', [from, to])).toBe(inside)
    expect(await read('team', [from, to])).toBe(inside + 7n * 10n ** 12n)
    expect(await read('key', [null, null])).toBe(everything)
    expect(await read('key', [from, null])).toBe(everything - 1n)
    // Within a single hour, and an hour exactly.
    expect(await read('key', [from, from + 1])).toBe(10n)
    expect(await read('key', [day - 5 * hour, day - 4 * hour])).toBe(10n ** 4n)
  })
})

describe('boots', () => {
  it('are alive while they beat and gone when they end', async () => {
    const bootId = crypto.randomUUID()
    await registerBoot(gateway, { bootId, proxyId: 'proxy-7' })
    await registerBoot(gateway, { bootId, proxyId: 'proxy-7' })
    await heartbeatBoot(gateway, { bootId, lastSeq: 12 })
    await heartbeatBoot(gateway, { bootId, lastSeq: 11 })
    expect((await readLiveBoots(gateway)).filter((boot) => boot.bootId === bootId)).toMatchObject([
      { proxyId: 'proxy-7', lastSeq: 12, ackedSeq: 0 },
    ])
    await owner.query("UPDATE proxy_boot SET last_seen_at = now() - interval '1 minute' WHERE boot_id = $1", [bootId])
    expect((await readLiveBoots(gateway)).filter((boot) => boot.bootId === bootId)).toEqual([])
    await heartbeatBoot(gateway, { bootId, lastSeq: 13 })
    await endBoot(gateway, bootId)
    expect((await readLiveBoots(gateway)).filter((boot) => boot.bootId === bootId)).toEqual([])
    expect((await readBoot(gateway, bootId))?.lastSeq).toBe(13)
  })
})
