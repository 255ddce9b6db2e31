import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findCaller } from '@atpar/db/gateway'
import { createTeam, putInTeam } from '@atpar/db/teams'
import { withTenant } from '@atpar/db/tenant'
import { createMemberWith, createOrganizationWith, type MadeOrganization } from '@atpar/testkit/factories'
import { startActWorld, type ActWorld } from '../../../test/act-world.ts'
import { offerModels } from '../../../test/arrange.ts'
import { readDeps } from '../../deps.ts'
import type { ActContext } from '../define-act.ts'
import { removeFromTeamAct } from '../teams/remove-from-team.ts'
import { createKeyAct } from './create-key.ts'
import { endFormerSecretsAct } from './end-former-secrets.ts'
import { listKeysAct } from './list-keys.ts'
import { readKeyAct } from './read-key.ts'
import { revokeKeyAct } from './revoke-key.ts'
import { rotateKeyAct } from './rotate-key.ts'
import { updateKeyAct } from './update-key.ts'

const MODEL = 'gpt-4o-mini'
const OTHER_MODEL = 'claude-sonnet-5'
let world: ActWorld
let ours: MadeOrganization
let owner: ActContext
let teamId: string
let teamAdmin: ActContext
let developer: ActContext
let outsider: ActContext

const memberIdOf = (context: ActContext): string => (context.actor.kind === 'member' ? context.actor.memberId : '')

beforeAll(async () => {
  world = await startActWorld()
  await offerModels(world.pool, [MODEL, OTHER_MODEL])
}, 60_000)
afterAll(() => world.stop())

beforeEach(async () => {
  ours = await createOrganizationWith(world.ownerDb)
  const { orgId } = ours
  owner = await world.actAs(orgId, ours.ownerMemberId)
  teamId = (await withTenant(world.ownerDb, ours.tenant, (tx) => createTeam(tx, orgId, 'Research'))).teamId
  const lead = await createMemberWith(world.ownerDb, orgId, { name: 'Lead' })
  await withTenant(world.ownerDb, ours.tenant, (tx) =>
    putInTeam(tx, orgId, { teamId, memberId: lead.memberId, role: 'team_admin' }),
  )
  teamAdmin = await world.actAs(orgId, lead.memberId)
  developer = await world.actAs(orgId, (await createMemberWith(world.ownerDb, orgId, { teamId, name: 'Dev' })).memberId)
  outsider = await world.actAs(orgId, (await createMemberWith(world.ownerDb, orgId, { name: 'Outsider' })).memberId)
})

const callerOf = async (apiKey: string) => {
  const [hmac] = readDeps().hashKey(apiKey)
  return hmac === undefined ? null : findCaller(world.pool, hmac)
}

const issue = (context: ActContext, holder: ActContext, more: object = {}) =>
  createKeyAct(context, {
    name: 'Key',
    owner: { kind: 'member', memberId: memberIdOf(holder), ...(holder === developer ? { teamId } : {}) },
    ...more,
  })

describe('issuing a key', () => {
  it('for oneself names the only team one is in, so that leaving the team stops it', async () => {
    const { key, apiKey } = await createKeyAct(developer, {
      name: 'Mine',
      owner: { kind: 'member', memberId: memberIdOf(developer) },
    })
    expect(key.teamId).toBe(teamId)
    expect((await callerOf(apiKey))?.keyStatus).toBe('active')
    await removeFromTeamAct(owner, { teamId, memberId: memberIdOf(developer) })
    expect((await callerOf(apiKey))?.keyStatus).toBe('revoked')
  })

  it('by a team admin for a member comes with its budgets, limits and scope, and is shown to the issuer only', async () => {
    const { key, apiKey } = await issue(teamAdmin, developer, {
      allowedModels: [MODEL],
      allowedEndpoints: ['messages'],
      allowedCidrs: ['10.0.0.0/8'],
      labels: ['intern'],
      budgets: [
        { period: 'day', limit: '0.02' },
        { period: 'month', unit: 'tokens', limit: '2000000', hard: false },
      ],
      rateLimit: { requestsPerMinute: 60, concurrency: 2 },
    })
    const caller = await callerOf(apiKey)
    expect(caller).toMatchObject({
      keyId: key.keyId,
      memberId: memberIdOf(developer),
      teamId,
      allowedModels: [MODEL],
      allowedEndpoints: ['messages'],
      allowedCidrs: ['10.0.0.0/8'],
      labels: ['intern'],
      rateLimits: [{ requestsPerMinute: 60, tokensPerMinute: null, concurrency: 2 }],
    })
    expect(caller?.budgets.filter(({ scope }) => scope === 'key')).toMatchObject([
      { period: 'day', limitPusd: 20_000_000_000n, hard: true },
      { period: 'month', unit: 'tokens', limitTokens: 2_000_000n, hard: false },
    ])
    expect(inspect(await readKeyAct(developer, { keyId: key.keyId }), { depth: null })).not.toContain(apiKey.slice(-20))
    const { rows } = await world.pool.query<{ entry: string }>('SELECT audit_log::text AS entry FROM audit_log')
    expect(rows.some(({ entry }) => entry.includes(apiKey.slice(-20)))).toBe(false)
  })

  it('outside of one’s reach answers as for ids that nobody has', async () => {
    const attempts = [
      () => issue(developer, outsider),
      () => createKeyAct(developer, { name: 'a', owner: { kind: 'member', memberId: randomUUID() } }),
      () => createKeyAct(developer, { name: 'a', owner: { kind: 'service', teamId } }),
      () => createKeyAct(teamAdmin, { name: 'a', owner: { kind: 'member', memberId: memberIdOf(outsider), teamId } }),
      () => createKeyAct(teamAdmin, { name: 'a', owner: { kind: 'service', teamId: ours.defaultTeamId } }),
      () =>
        createKeyAct(teamAdmin, {
          name: 'a',
          owner: { kind: 'member', memberId: memberIdOf(developer), teamId: ours.defaultTeamId },
        }),
    ]
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'not_found' })
  })

  it('as a service key of one’s team works for its team admin', async () => {
    const { key } = await createKeyAct(teamAdmin, { name: 'CI', owner: { kind: 'service', teamId } })
    expect(key).toMatchObject({ kind: 'service', memberId: null, teamId })
  })

  it('is refused whole when one of its budgets is', async () => {
    await expect(
      issue(owner, developer, {
        budgets: [
          { period: 'day', limit: '1' },
          { period: 'day', limit: '1', modelId: 'no-such-model' },
        ],
      }),
    ).rejects.toMatchObject({ code: 'invalid_request', param: 'modelId' })
    expect((await listKeysAct(owner, {})).keys).toEqual([])
  })

  it.each([
    ['a model nobody offers', { allowedModels: ['gtp-4o'] }, 'allowedModels'],
    ['a network with bits behind its length', { allowedCidrs: ['10.1.2.3/8'] }, 'allowedCidrs.0'],
    ['an end in the past', { expiresAtMs: 1 }, 'expiresAtMs'],
    ['a label with a space', { labels: ['two words'] }, 'labels.0'],
    ['an endpoint that is none', { allowedEndpoints: ['everything'] }, 'allowedEndpoints.0'],
    ['a field that is none', { isAdmin: true }, null],
  ])('with %s says which field', async (_what, fields, param) => {
    await expect(issue(owner, developer, fields)).rejects.toMatchObject({ code: 'invalid_request', param })
  })
})

describe('the keys one sees', () => {
  it('are one’s own, those of the teams one administers, or all', async () => {
    const own = await issue(owner, outsider, { name: 'Outsider’s' })
    const team = await issue(owner, developer, { name: 'Developer’s' })
    const service = await createKeyAct(owner, { name: 'CI', owner: { kind: 'service', teamId } })
    const seen = async (context: ActContext) => (await listKeysAct(context, {})).keys.map((key) => key.keyId).toSorted()
    expect(await seen(owner)).toEqual([own, team, service].map(({ key }) => key.keyId).toSorted())
    expect(await seen(teamAdmin)).toEqual([team, service].map(({ key }) => key.keyId).toSorted())
    expect(await seen(developer)).toEqual([team.key.keyId])
    expect(await seen(outsider)).toEqual([own.key.keyId])
    for (const keyId of [team.key.keyId, randomUUID(), 'no id'])
      await expect(readKeyAct(outsider, { keyId })).rejects.toMatchObject({ code: 'not_found' })
  })

  it('can be searched and paged', async () => {
    for (const name of ['Alpha', 'Beta', 'Gamma']) await issue(owner, outsider, { name, labels: [`label-${name}`] })
    expect((await listKeysAct(owner, { search: 'label-beta' })).keys.map((key) => key.name)).toEqual(['Beta'])
    const first = await listKeysAct(owner, { limit: 2 })
    expect(first.keys.map((key) => key.name)).toEqual(['Gamma', 'Beta'])
    const second = await listKeysAct(owner, { limit: 2, after: first.next })
    expect(second.keys.map((key) => key.name)).toEqual(['Alpha'])
    expect(second.next).toBeNull()
  })
})

describe('changing a key', () => {
  it('its holder may narrow what an admin decided, and not widen it', async () => {
    const { key } = await issue(teamAdmin, developer, {
      allowedModels: [MODEL, OTHER_MODEL],
      allowedCidrs: ['10.0.0.0/8'],
      labels: ['intern'],
    })
    const { keyId } = key
    const change = (fields: object) => updateKeyAct(developer, { keyId, ...fields })
    await change({ name: 'Mine', allowedModels: [MODEL], allowedCidrs: ['10.1.0.0/16'], labels: ['intern', 'mine'] })
    // What the holder narrowed is the key's scope now.
    for (const [fields, param] of [
      [{ allowedModels: [] }, 'allowedModels'],
      [{ allowedCidrs: ['0.0.0.0/0'] }, 'allowedCidrs'],
      [{ labels: [] }, 'labels'],
    ] as const)
      await expect(change(fields)).rejects.toMatchObject({ code: 'forbidden', param })
    await updateKeyAct(teamAdmin, { keyId, allowedModels: [], labels: [] })
    expect(await readKeyAct(developer, { keyId })).toMatchObject({ name: 'Mine', allowedModels: [], labels: [] })
  })

  it('of one’s own making may be widened again, until an admin has narrowed it', async () => {
    const { key } = await issue(developer, developer, { allowedModels: [MODEL] })
    const change = (context: ActContext, allowedModels: readonly string[]) =>
      updateKeyAct(context, { keyId: key.keyId, allowedModels })
    await change(developer, [])
    await change(owner, [MODEL])
    await expect(change(developer, [])).rejects.toMatchObject({ code: 'forbidden' })
    await updateKeyAct(developer, { keyId: key.keyId, name: 'Renamed' })
    await expect(change(developer, [])).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('ends it not in the past, and leaves an end that has passed as it is', async () => {
    const { key } = await issue(owner, developer, { expiresAtMs: Date.now() + 600_000 })
    const change = (fields: object) => updateKeyAct(owner, { keyId: key.keyId, ...fields })
    await expect(change({ expiresAtMs: 1 })).rejects.toMatchObject({ code: 'invalid_request', param: 'expiresAtMs' })
    const ended = Date.UTC(2026, 0, 1)
    await world.pool.query('UPDATE api_key SET expires_at = $2 WHERE id = $1', [key.keyId, new Date(ended)])
    await change({ name: 'Renamed', expiresAtMs: ended })
    expect(await readKeyAct(owner, { keyId: key.keyId })).toMatchObject({ name: 'Renamed', expiresAtMs: ended })
  })

  it('is not for others, and not for revoked ones', async () => {
    const { key } = await issue(owner, developer)
    await expect(updateKeyAct(outsider, { keyId: key.keyId, name: 'x' })).rejects.toMatchObject({ code: 'not_found' })
    await revokeKeyAct(developer, { keyId: key.keyId })
    await expect(updateKeyAct(owner, { keyId: key.keyId, name: 'x' })).rejects.toMatchObject({ code: 'conflict' })
    expect(await readKeyAct(owner, { keyId: key.keyId })).toMatchObject({ status: 'revoked', revokedReason: 'revoked' })
  })
})

describe('rotating a key', () => {
  it('gives it a new secret, keeps its id, scope and limits, and lets the former one work for the overlap', async () => {
    const before = await issue(teamAdmin, developer, {
      allowedModels: [MODEL],
      budgets: [{ period: 'day', limit: '1' }],
    })
    const rotated = await rotateKeyAct(developer, { keyId: before.key.keyId })
    expect(rotated.apiKey).not.toBe(before.apiKey)
    expect(rotated.formerEndsAtMs - Date.now()).toBeGreaterThan(59 * 60_000)
    const [now, former] = [await callerOf(rotated.apiKey), await callerOf(before.apiKey)]
    expect(now).toMatchObject({ keyId: before.key.keyId, expiresAtMs: null, allowedModels: [MODEL] })
    expect(former).toEqual({ ...now, expiresAtMs: rotated.formerEndsAtMs })
    expect(now?.budgets.some(({ scope }) => scope === 'key')).toBe(true)
    expect(await readKeyAct(owner, { keyId: before.key.keyId })).toMatchObject({
      lastFour: rotated.apiKey.slice(-4),
      formerSecrets: [{ lastFour: before.apiKey.slice(-4), replacedByName: 'Dev', isLeaked: false }],
    })
    await endFormerSecretsAct(developer, { keyId: before.key.keyId })
    expect((await callerOf(before.apiKey))?.expiresAtMs).toBeLessThanOrEqual(Date.now())
    expect((await callerOf(rotated.apiKey))?.expiresAtMs).toBeNull()
  })

  it('never lets the former one outlive the key', async () => {
    const expiresAtMs = Date.now() + 600_000
    const before = await issue(owner, developer, { expiresAtMs })
    await rotateKeyAct(owner, { keyId: before.key.keyId, overlapMinutes: 24 * 60 })
    expect((await callerOf(before.apiKey))?.expiresAtMs).toBe(expiresAtMs)
  })

  it('is not for others, not for revoked ones, and not with an overlap of more than a day', async () => {
    const { key } = await issue(owner, developer)
    const rotate = (context: ActContext, overlapMinutes = 60) =>
      rotateKeyAct(context, { keyId: key.keyId, overlapMinutes })
    await expect(rotate(outsider)).rejects.toMatchObject({ code: 'not_found' })
    await expect(rotate(developer, 24 * 60 + 1)).rejects.toMatchObject({ code: 'invalid_request' })
    await revokeKeyAct(teamAdmin, { keyId: key.keyId })
    await expect(rotate(developer)).rejects.toMatchObject({ code: 'conflict' })
  })
})
