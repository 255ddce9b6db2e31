import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { pusd } from '@atpar/core/money'
import { findMember } from '@atpar/db/members'
import { createTeam, putInTeam } from '@atpar/db/teams'
import { withTenant } from '@atpar/db/tenant'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import {
  createKeyWith,
  createMemberWith,
  createOrganizationWith,
  type MadeOrganization,
} from '@atpar/testkit/factories'
import { buildUsageEvent } from '@atpar/testkit/usage-events'
import { startActWorld, type ActWorld } from '../../../test/act-world.ts'
import { offerModels } from '../../../test/arrange.ts'
import type { ActContext } from '../define-act.ts'
import { listBudgetsAct } from './list-budgets.ts'
import { listRateLimitsAct } from './list-rate-limits.ts'
import { readLimitsAct } from './read-limits.ts'
import { removeBudgetAct } from './remove-budget.ts'
import { removeRateLimitAct } from './remove-rate-limit.ts'
import { setBudgetAct } from './set-budget.ts'
import { setRateLimitAct } from './set-rate-limit.ts'
import { updateBudgetAct } from './update-budget.ts'

let world: ActWorld
let ours: MadeOrganization
let owner: ActContext
let teamId: string
let teamAdmin: ActContext
let developer: ActContext
let developerId: string
let keyId: string

beforeAll(async () => {
  world = await startActWorld()
  await offerModels(world.pool, ['gpt-4o-mini'])
}, 60_000)
afterAll(() => world.stop())

const arrange = <T>(work: Parameters<typeof withTenant<T>>[2]): Promise<T> =>
  withTenant(world.ownerDb, ours.tenant, work)

beforeEach(async () => {
  ours = await createOrganizationWith(world.ownerDb)
  const { orgId } = ours
  owner = await world.actAs(orgId, ours.ownerMemberId)
  teamId = (await arrange((tx) => createTeam(tx, orgId, 'Research'))).teamId
  const lead = await createMemberWith(world.ownerDb, orgId)
  await arrange((tx) => putInTeam(tx, orgId, { teamId, memberId: lead.memberId, role: 'team_admin' }))
  teamAdmin = await world.actAs(orgId, lead.memberId)
  developerId = (await createMemberWith(world.ownerDb, orgId, { teamId })).memberId
  developer = await world.actAs(orgId, developerId)
  keyId = (await createKeyWith(world.ownerDb, { orgId, holder: { kind: 'member', memberId: developerId, teamId } }))
    .keyId
})

const spend = async (billedUsd: string, more: object = {}): Promise<void> => {
  const [whole = '0', fraction = ''] = billedUsd.split('.')
  const billedPusd = pusd(BigInt(whole + fraction.padEnd(12, '0')))
  const event = buildUsageEvent({ orgId: ours.orgId, teamId, memberId: developerId, keyId, billedPusd, ...more })
  await ingestUsageEvents(world.pool, { events: [event] })
}

describe('who may set limits', () => {
  const daily = { period: 'day', limit: '5' } as const

  it('an admin everywhere, a team admin inside the team only, nobody else', async () => {
    const levels = {
      key: { scope: 'key', scopeId: keyId },
      member: { scope: 'member', scopeId: developerId },
      team: { scope: 'team', scopeId: teamId },
      otherTeam: { scope: 'team', scopeId: ours.defaultTeamId },
      otherMember: { scope: 'member', scopeId: ours.ownerMemberId },
      organization: { scope: 'organization', scopeId: ours.orgId },
    }
    for (const level of Object.values(levels)) {
      await setBudgetAct(owner, { ...level, ...daily })
      await setRateLimitAct(owner, { ...level, requestsPerMinute: 10 })
      await expect(setBudgetAct(developer, { ...level, ...daily })).rejects.toMatchObject({ code: 'forbidden' })
    }
    for (const level of [levels.key, levels.member, levels.team]) {
      await setBudgetAct(teamAdmin, { ...level, ...daily, limit: '7' })
      await setRateLimitAct(teamAdmin, { ...level, requestsPerMinute: 20 })
    }
    for (const level of [
      levels.otherTeam,
      levels.otherMember,
      levels.organization,
      { scope: 'key', scopeId: randomUUID() },
    ]) {
      await expect(setBudgetAct(teamAdmin, { ...level, ...daily })).rejects.toMatchObject({ code: 'not_found' })
      await expect(setRateLimitAct(teamAdmin, { ...level, concurrency: 1 })).rejects.toMatchObject({
        code: 'not_found',
      })
    }
  })

  it('a team admin loses a member’s limits as soon as the member is in another team as well', async () => {
    await arrange((tx) =>
      putInTeam(tx, ours.orgId, { teamId: ours.defaultTeamId, memberId: developerId, role: 'developer' }),
    )
    await expect(setBudgetAct(teamAdmin, { scope: 'member', scopeId: developerId, ...daily })).rejects.toMatchObject({
      code: 'not_found',
    })
    const why = async (context: ActContext) => {
      const limits = await readLimitsAct(context, { scope: 'member', scopeId: developerId })
      return { mayManage: limits.mayManage, isSharedWithOthers: limits.isSharedWithOthers }
    }
    expect(await why(teamAdmin)).toEqual({ mayManage: false, isSharedWithOthers: true })
    expect(await why(developer)).toEqual({ mayManage: false, isSharedWithOthers: false })
    expect(await why(owner)).toEqual({ mayManage: true, isSharedWithOthers: false })
  })

  it('each learns with the list of budgets which of them are theirs to change, and whose each key is', async () => {
    for (const [scope, scopeId] of [
      ['key', keyId],
      ['team', teamId],
      ['organization', ours.orgId],
    ])
      await setBudgetAct(owner, { scope, scopeId, ...daily })
    const theirs = async (context: ActContext) => {
      const { budgets, manageable } = await listBudgetsAct(context, {})
      const own = budgets.filter(({ budget }) => !budget.isCredit && manageable.has(budget.scopeId))
      return own.map(({ budget }) => budget.scope).toSorted()
    }
    expect(await theirs(developer)).toEqual([])
    expect(await theirs(teamAdmin)).toEqual(['key', 'team'])
    expect(await theirs(owner)).toEqual(['key', 'organization', 'team'])
    const { budgets } = await listBudgetsAct(teamAdmin, { scope: 'key' })
    const developerName = (await arrange((tx) => findMember(tx, ours.orgId, developerId)))?.name
    expect(budgets.map(({ holder }) => holder.ownerName)).toEqual([developerName])
  })

  it('another organization’s budget answers as one that nobody has', async () => {
    const theirs = await createOrganizationWith(world.ownerDb)
    const theirOwner = await world.actAs(theirs.orgId, theirs.ownerMemberId)
    const budget = await setBudgetAct(theirOwner, { scope: 'organization', scopeId: theirs.orgId, ...daily })
    for (const budgetId of [budget.id, randomUUID()]) {
      await expect(updateBudgetAct(owner, { budgetId, limit: '9' })).rejects.toMatchObject({ code: 'not_found' })
      await expect(removeBudgetAct(owner, { budgetId })).rejects.toMatchObject({ code: 'not_found' })
    }
    await expect(setBudgetAct(owner, { scope: 'organization', scopeId: theirs.orgId, ...daily })).rejects.toMatchObject(
      { code: 'not_found' },
    )
  })
})

describe('a budget', () => {
  const level = () => ({ scope: 'key', scopeId: keyId }) as const
  const shown = async () => {
    const { budgets } = await readLimitsAct(owner, level())
    return budgets.map(({ limit, used, held }) => ({ limit, used, held }))
  }

  it('keeps what was spent when it is changed, removed and set again', async () => {
    const budget = await setBudgetAct(teamAdmin, { ...level(), period: 'day', limit: '0.02' })
    await spend('0.02')
    const spent = 20_000_000_000n
    expect(await shown()).toEqual([{ limit: spent, used: spent, held: 0n }])
    expect(await updateBudgetAct(teamAdmin, { budgetId: budget.id, limit: '1', hard: false })).toMatchObject({
      id: budget.id,
      version: 2,
      hard: false,
    })
    expect(await shown()).toEqual([{ limit: 1_000_000_000_000n, used: spent, held: 0n }])
    await removeBudgetAct(teamAdmin, { budgetId: budget.id })
    expect(await shown()).toEqual([])
    await setBudgetAct(teamAdmin, { ...level(), period: 'day', limit: '0.03' })
    expect(await shown()).toEqual([{ limit: 30_000_000_000n, used: spent, held: 0n }])
  })

  it('does not slip into another time zone, whose day would begin without what was spent', async () => {
    await setBudgetAct(owner, { ...level(), period: 'day', limit: '1', timeZone: 'Europe/Paris' })
    await expect(
      setBudgetAct(owner, { ...level(), period: 'day', limit: '1', timeZone: 'Asia/Tokyo' }),
    ).rejects.toMatchObject({ code: 'conflict', param: 'timeZone' })
    expect(await setBudgetAct(owner, { ...level(), period: 'day', limit: '2' })).toMatchObject({
      timeZone: 'Europe/Paris',
      version: 2,
    })
  })

  it('of one model, of one tag and of tokens counts those only', async () => {
    await setBudgetAct(owner, { ...level(), period: 'day', limit: '1', modelId: 'gpt-4o-mini' })
    await setBudgetAct(owner, { ...level(), period: 'day', limit: '1', tag: 'research' })
    await setBudgetAct(owner, { ...level(), period: 'day', unit: 'tokens', limit: '1000' })
    await spend('0.01', { modelId: 'gpt-4o-mini' })
    await spend('0.02', { modelId: 'claude-sonnet-5', tags: ['research'] })
    const { budgets } = await readLimitsAct(owner, level())
    expect(budgets.map(({ budget, used }) => [budget.modelId ?? budget.tag ?? budget.unit, used])).toEqual([
      ['gpt-4o-mini', 10_000_000_000n],
      ['research', 20_000_000_000n],
      ['tokens', 800n],
    ])
  })

  it.each([
    ['both a model and a tag', { limit: '1', modelId: 'gpt-4o-mini', tag: 'a' }, 'tag'],
    ['more than the counters can hold', { limit: '9000001' }, 'limit'],
    ['half a token', { unit: 'tokens', limit: '1.5' }, 'limit'],
    ['a negative amount', { limit: '-1' }, 'limit'],
    ['a time zone that is none', { limit: '1', timeZone: 'Mars/Olympus' }, 'timeZone'],
    ['a threshold of zero', { limit: '1', softThresholds: [0] }, 'softThresholds.0'],
    ['a model that nobody offers', { limit: '1', modelId: 'gtp-4' }, 'modelId'],
  ])('with %s is refused by name', async (_what, fields, param) => {
    await expect(setBudgetAct(owner, { ...level(), period: 'day', ...fields })).rejects.toMatchObject({
      code: 'invalid_request',
      param,
    })
  })

  it('that the platform gave as credit is not the organization’s to raise, and stands beside its own', async () => {
    const scope = { scope: 'organization', scopeId: ours.orgId } as const
    const [credit] = (await listBudgetsAct(owner, scope)).budgets
    expect(credit?.budget.isCredit).toBe(true)
    const budgetId = credit?.budget.id ?? ''
    await expect(updateBudgetAct(owner, { budgetId, limit: '9000000' })).rejects.toMatchObject({ code: 'forbidden' })
    await expect(removeBudgetAct(owner, { budgetId })).rejects.toMatchObject({ code: 'forbidden' })
    await setBudgetAct(owner, { ...scope, period: 'month', limit: '9000000' })
    const after = (await listBudgetsAct(owner, scope)).budgets
    expect(
      after
        .toSorted((a, b) => Number(a.budget.isCredit) - Number(b.budget.isCredit))
        .map(({ budget, limit }) => [budget.isCredit, limit]),
    ).toEqual([
      [false, 9_000_000_000_000_000_000n],
      [true, credit?.limit],
    ])
  })
})

describe('setting a limit anew', () => {
  it('says on record what it was', async () => {
    const scope = { scope: 'key', scopeId: keyId } as const
    for (const limit of ['1', '2']) await setBudgetAct(teamAdmin, { ...scope, period: 'day', limit })
    for (const concurrency of [3, 4]) await setRateLimitAct(teamAdmin, { ...scope, concurrency })
    const { rows } = await world.pool.query<{ change: string }>(
      `SELECT action || ' ' || coalesce(before->>'limit', before->>'concurrency', '-') || ' ' || coalesce(after->>'limit', after->>'concurrency') AS change
       FROM audit_log WHERE org_id = $1 AND action IN ('budget-set', 'rate-limit-set') ORDER BY sequence`,
      [ours.orgId],
    )
    expect(rows.map(({ change }) => change)).toEqual([
      'budget-set - 1',
      'budget-set 1 2',
      'rate-limit-set - 3',
      'rate-limit-set 3 4',
    ])
  })
})

describe('what one sees of limits', () => {
  it('is what binds one’s own calls, and all of what one administers', async () => {
    const other = await createMemberWith(world.ownerDb, ours.orgId, { teamId })
    for (const [scope, scopeId] of [
      ['key', keyId],
      ['member', developerId],
      ['member', other.memberId],
      ['team', teamId],
      ['team', ours.defaultTeamId],
    ]) {
      await setBudgetAct(owner, { scope, scopeId, period: 'day', limit: '1' })
      await setRateLimitAct(owner, { scope, scopeId, concurrency: 4 })
    }
    const seen = async (context: ActContext) =>
      (await listBudgetsAct(context, {})).budgets
        .filter(({ budget }) => !budget.isCredit)
        .map(({ budget }) => budget.scopeId)
        .toSorted()
    expect(await seen(developer)).toEqual([keyId, developerId, teamId].toSorted())
    expect(await seen(teamAdmin)).toEqual([keyId, developerId, other.memberId, teamId].toSorted())
    expect(await seen(owner)).toHaveLength(5)
    expect((await listRateLimitsAct(developer, {})).rateLimits).toHaveLength(3)
    const chain = await readLimitsAct(developer, { scope: 'key', scopeId: keyId })
    expect(chain.above.budgets.map(({ holder }) => holder.scope).toSorted()).toEqual(['member', 'organization', 'team'])
    expect(chain.mayManage).toBe(false)
    for (const scopeId of [other.memberId, randomUUID()])
      await expect(readLimitsAct(developer, { scope: 'member', scopeId })).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('a rate limit', () => {
  it('replaces the one there is and can be removed', async () => {
    const scope = { scope: 'key', scopeId: keyId } as const
    const first = await setRateLimitAct(teamAdmin, { ...scope, requestsPerMinute: 10, concurrency: 2 })
    const second = await setRateLimitAct(teamAdmin, { ...scope, tokensPerMinute: 5_000 })
    expect(second).toMatchObject({ id: first.id, requestsPerMinute: null, tokensPerMinute: 5_000, concurrency: null })
    await expect(setRateLimitAct(teamAdmin, scope)).rejects.toMatchObject({ code: 'invalid_request' })
    await expect(removeRateLimitAct(developer, { rateLimitId: first.id })).rejects.toMatchObject({ code: 'forbidden' })
    await removeRateLimitAct(teamAdmin, { rateLimitId: first.id })
    expect((await readLimitsAct(owner, scope)).rates).toEqual([])
  })
})
