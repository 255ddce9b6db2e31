import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
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
import { listGuardedRequestsAct } from './list-guarded-requests.ts'
import { listGuardrailLevelsAct } from './list-guardrail-levels.ts'
import { listGuardrailsAct } from './list-guardrails.ts'
import { removeGuardrailAct } from './remove-guardrail.ts'
import { setGuardrailAct } from './set-guardrail.ts'
import { tryGuardrailsAct } from './try-guardrails.ts'

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

const organization = () => ({ scope: 'organization', scopeId: ours.orgId }) as const
const key = () => ({ scope: 'key', scopeId: keyId }) as const

const auditOf = async (subjectId: string) => {
  const { rows } = await world.pool.query<{ action: string; before: object | null; after: object | null }>(
    `SELECT action, before, after FROM audit_log WHERE org_id = $1 AND subject_id = $2 ORDER BY id`,
    [ours.orgId, subjectId],
  )
  return rows
}

it('is set, changed and removed, each on record with what was before; blocked terms are not in it', async () => {
  const first = await setGuardrailAct(owner, {
    ...organization(),
    policy: { personalData: 'redact', blockedTerms: ['Project Falcon'] },
  })
  expect(first.policy).toMatchObject({ personalData: 'redact', secrets: 'off', answers: false })
  const second = await setGuardrailAct(owner, { ...organization(), policy: { secrets: 'block', answers: true } })
  expect(second.id).toBe(first.id)
  expect(await listGuardrailsAct(owner, {})).toMatchObject([
    {
      id: first.id,
      scope: 'organization',
      mayManage: true,
      policy: { personalData: 'off', secrets: 'block', answers: true },
    },
  ])
  await removeGuardrailAct(owner, { guardrailId: first.id })
  expect(await listGuardrailsAct(owner, {})).toEqual([])
  const audit = await auditOf(first.id)
  expect(audit).toMatchObject([
    { action: 'guardrail-set', before: null, after: { personalData: 'redact', blockedTerms: 1 } },
    { action: 'guardrail-set', before: { personalData: 'redact' }, after: { secrets: 'block', answers: true } },
    { action: 'guardrail-removed', before: { secrets: 'block' }, after: null },
  ])
  expect(JSON.stringify(audit)).not.toContain('Falcon')
})

it('a team admin sets those of the team and below, and nobody else’s; a developer none', async () => {
  const policy = { secrets: 'block' } as const
  for (const level of [{ scope: 'team', scopeId: teamId } as const, key()])
    expect(await setGuardrailAct(teamAdmin, { ...level, policy })).toMatchObject({ mayManage: true })
  await expect(setGuardrailAct(teamAdmin, { ...organization(), policy })).rejects.toMatchObject({ code: 'not_found' })
  await expect(setGuardrailAct(developer, { ...key(), policy })).rejects.toMatchObject({ code: 'forbidden' })
  const levels = await listGuardrailLevelsAct(teamAdmin, {})
  expect(levels.find(({ scope }) => scope === 'organization')?.mayManage).toBe(false)
  expect(levels.find(({ scopeId }) => scopeId === teamId)?.mayManage).toBe(true)
})

it('another organization’s answers as one that nobody has', async () => {
  const theirs = await createOrganizationWith(world.ownerDb)
  const theirOwner = await world.actAs(theirs.orgId, theirs.ownerMemberId)
  const level = { scope: 'organization', scopeId: theirs.orgId } as const
  const { id } = await setGuardrailAct(theirOwner, { ...level, policy: { secrets: 'block' } })
  const random = { scope: 'key', scopeId: randomUUID() } as const
  for (const guardrailId of [id, randomUUID()])
    await expect(removeGuardrailAct(owner, { guardrailId })).rejects.toMatchObject({ code: 'not_found' })
  for (const foreign of [level, random]) {
    await expect(setGuardrailAct(owner, { ...foreign, policy: {} })).rejects.toMatchObject({ code: 'not_found' })
    await expect(tryGuardrailsAct(owner, { ...foreign, text: 'a' })).rejects.toMatchObject({ code: 'not_found' })
  }
  expect(await listGuardrailsAct(owner, {})).toEqual([])
  expect(await listGuardrailsAct(theirOwner, {})).toHaveLength(1)
})

it('a text is tried against everything above the level, without anything being kept of it', async () => {
  const text = 'Mail ada@example.com the key sk-proj-abcdefghijklmnopqrstuvwx'
  expect(await tryGuardrailsAct(developer, { ...key(), text })).toEqual({
    request: { findings: [], isRefused: false, text },
    answer: null,
  })
  await setGuardrailAct(owner, { ...organization(), policy: { personalData: 'redact', answers: true } })
  await setGuardrailAct(owner, { ...key(), policy: { secrets: 'block' } })
  const { request, answer } = await tryGuardrailsAct(developer, { ...key(), text })
  expect(request).toMatchObject({
    isRefused: true,
    findings: [{ rule: 'email' }, { rule: 'api-key', action: 'block' }],
  })
  expect(request.text).toContain('Mail [email] the key')
  expect(answer?.isRefused).toBe(true)
  expect((await tryGuardrailsAct(owner, { ...organization(), text })).request.isRefused).toBe(false)
})

it('requests in which something was found are listed with what was done, to those who may read them', async () => {
  const steps = [
    { attempt: null, offeringId: 'email', provider: 'guardrails', result: 'guarded', reason: '1 place blacked out' },
  ] as const
  const whose = { orgId: ours.orgId, teamId, memberId: developerId, keyId }
  await ingestUsageEvents(world.pool, {
    events: [buildUsageEvent({ ...whose, trail: steps }), buildUsageEvent({ ...whose, trail: [] })],
  })
  expect(await listGuardedRequestsAct(owner, { limit: 10 })).toMatchObject([{ steps }])
  expect(await listGuardedRequestsAct(developer, { limit: 10 })).toHaveLength(1)
  expect(await listGuardedRequestsAct(teamAdmin, { limit: 10 })).toEqual([])
})
