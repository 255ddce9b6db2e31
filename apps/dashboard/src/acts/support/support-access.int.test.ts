import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROLES } from '@atpar/core/permissions'
import { listCredentials } from '@atpar/db/credentials'
import { listSupportVisits, requestSupportAccess, type SupportAccess } from '@atpar/db/support-access'
import { withActor, withTenant } from '@atpar/db/tenant'
import { createTeam } from '@atpar/db/teams'
import {
  createMemberWith,
  createOrganizationWith,
  createUserWith,
  type MadeOrganization,
} from '@atpar/testkit/factories'
import { startActWorld, type ActWorld } from '../../../test/act-world.ts'
import { listAuditAct } from '../audit/list-audit.ts'
import { verifyAuditAct } from '../audit/verify-audit.ts'
import { ACTS } from '../catalogue.ts'
import type { ActContext } from '../define-act.ts'
import { readOrganizationAct } from '../organization/read-organization.ts'
import { approveSupportAccessAct } from './approve-support-access.ts'
import { endSupportAccessAct } from './end-support-access.ts'
import { grantSupportAccessAct } from './grant-support-access.ts'
import { listSupportAccessAct } from './list-support-access.ts'

let world: ActWorld
let ours: MadeOrganization
let theirs: MadeOrganization
let operator: { readonly userId: string; readonly email: string }
let colleague: { readonly userId: string; readonly email: string }

const makeOperator = async (email: string) => {
  const user = await createUserWith(world.ownerDb, { email, name: 'Olga' })
  await world.pool.query('UPDATE app_user SET is_operator = true WHERE id = $1', [user.userId])
  return user
}

beforeAll(async () => {
  world = await startActWorld()
  ours = await createOrganizationWith(world.ownerDb, { slug: 'ours' })
  theirs = await createOrganizationWith(world.ownerDb, { slug: 'theirs' })
  operator = await makeOperator('olga@platform.test')
  colleague = await makeOperator('otto@platform.test')
}, 60_000)
afterAll(() => world.stop())

const asOwner = () => world.actAs(ours.orgId, ours.ownerMemberId)
const grant = async (hours = 4): Promise<SupportAccess> =>
  grantSupportAccessAct(await asOwner(), { operatorEmail: ' Olga@platform.test', reason: 'Calls fail', hours })
const asSupport = (access: SupportAccess, userId = operator.userId): ActContext => ({
  orgId: ours.orgId,
  actor: { kind: 'support', userId, supportAccessId: access.accessId, role: 'support' },
  ip: '192.0.2.8',
})
const visits = (userId = operator.userId) => withActor(world.db, userId, (tx) => listSupportVisits(tx))

describe('support access', () => {
  it('lets one operator read one organization, and is over the moment it is ended', async () => {
    const access = await grant()
    expect(await visits()).toMatchObject([{ slug: 'ours', accessId: access.accessId }])
    expect(await readOrganizationAct(asSupport(access), {})).toMatchObject({ slug: 'ours' })
    await endSupportAccessAct(await asOwner(), { accessId: access.accessId })
    expect(await visits()).toEqual([])
    await expect(readOrganizationAct(asSupport(access), {})).rejects.toMatchObject({ code: 'not_found' })
    await expect(endSupportAccessAct(await asOwner(), { accessId: access.accessId })).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  it('opens nothing for another operator, nothing else than its organization, and nothing after its time', async () => {
    const access = await grant(1)
    await expect(readOrganizationAct(asSupport(access, colleague.userId), {})).rejects.toMatchObject({
      code: 'not_found',
    })
    const tenant = { orgId: theirs.orgId, userId: operator.userId, supportAccessId: access.accessId }
    expect(await withTenant(world.db, tenant, (tx) => tx.organization.findMany({ select: { slug: true } }))).toEqual([
      { slug: 'ours' },
    ])
    await world.pool.query(
      `UPDATE support_access SET granted_at = granted_at - interval '2 hours', expires_at = expires_at - interval '2 hours' WHERE id = $1`,
      [access.accessId],
    )
    await expect(readOrganizationAct(asSupport(access), {})).rejects.toMatchObject({ code: 'not_found' })
    expect(await visits()).toEqual([])
  })

  it('ends for someone who is no operator any more', async () => {
    const access = await grant()
    await world.pool.query('UPDATE app_user SET is_operator = false WHERE id = $1', [operator.userId])
    await expect(readOrganizationAct(asSupport(access), {})).rejects.toMatchObject({ code: 'not_found' })
    await world.pool.query('UPDATE app_user SET is_operator = true WHERE id = $1', [operator.userId])
    await endSupportAccessAct(await asOwner(), { accessId: access.accessId })
  })

  it.each(ACTS.filter((act) => act.definition.effect === 'write').map((act) => act.definition.name))(
    'may not %s',
    async (name) => {
      const access = await grant()
      const act = ACTS.find((candidate) => candidate.definition.name === name)
      await expect(act?.(asSupport(access), {})).rejects.toMatchObject({ code: 'forbidden' })
      await endSupportAccessAct(await asOwner(), { accessId: access.accessId })
    },
  )

  it('writes nothing, even where the code forgot to ask', async () => {
    const access = await grant()
    const tenant = { orgId: ours.orgId, userId: operator.userId, supportAccessId: access.accessId }
    await expect(withTenant(world.db, tenant, (tx) => createTeam(tx, ours.orgId, 'Never'))).rejects.toThrow(
      /read-only transaction/,
    )
    expect(await withTenant(world.db, tenant, (tx) => tx.invitation.findMany({ select: { id: true } }))).toEqual([])
    expect(await withTenant(world.db, tenant, (tx) => listCredentials(tx, ours.orgId))).toEqual([])
    await endSupportAccessAct(await asOwner(), { accessId: access.accessId })
  })

  it('can be asked for by an operator, and only the organization says yes', async () => {
    const ask = (userId: string) =>
      withActor(world.db, userId, (tx) => requestSupportAccess(tx, { slug: 'ours', reason: 'Invoice', hours: 2 }))
    expect(await ask(ours.owner.userId)).toBe(false)
    expect(await ask(operator.userId)).toBe(true)
    const [asked] = await listSupportAccessAct(await asOwner(), {})
    expect(asked).toMatchObject({ standing: 'requested', operatorEmail: 'olga@platform.test', expiresAtMs: null })
    if (asked === undefined) throw new Error('The request is missing.')
    await expect(readOrganizationAct(asSupport(asked), {})).rejects.toMatchObject({ code: 'not_found' })
    await expect(approveSupportAccessAct(asSupport(asked), { accessId: asked.accessId })).rejects.toMatchObject({
      code: 'forbidden',
    })
    const foreign = await world.actAs(theirs.orgId, theirs.ownerMemberId)
    await expect(approveSupportAccessAct(foreign, { accessId: asked.accessId })).rejects.toMatchObject({
      code: 'not_found',
    })
    const approved = await approveSupportAccessAct(await asOwner(), { accessId: asked.accessId })
    expect((approved.expiresAtMs ?? 0) - (approved.grantedAtMs ?? 0)).toBe(2 * 3_600_000)
    expect(await readOrganizationAct(asSupport(asked), {})).toMatchObject({ slug: 'ours' })
    await expect(approveSupportAccessAct(await asOwner(), { accessId: asked.accessId })).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  it('is on record from the request to the end, what was exported included', async () => {
    const { entries } = await listAuditAct(await asOwner(), { subjectKind: 'support-access' })
    const actions = new Set(entries.map((entry) => entry.action))
    expect([...actions].toSorted((a, b) => a.localeCompare(b))).toEqual([
      'support-access-ended',
      'support-access-granted',
      'support-access-requested',
    ])
    expect(await verifyAuditAct(await asOwner(), {})).toMatchObject({ faults: [] })
  })

  it.each(['nobody@platform.test', ''])('is granted to no one who is not an operator: %j', async (operatorEmail) => {
    await expect(
      grantSupportAccessAct(await asOwner(), { operatorEmail, reason: 'x', hours: 1 }),
    ).rejects.toMatchObject({ param: 'operatorEmail' })
  })

  it.each([0, 25, 1.5])('lasts a day at most, not %j hours', async (hours) => {
    await expect(grant(hours)).rejects.toMatchObject({ code: 'invalid_request', param: 'hours' })
  })

  it.each(ROLES)('is granted by owners and admins only: %s', async (role) => {
    const { memberId } = await createMemberWith(world.ownerDb, ours.orgId, { role })
    const attempt = grantSupportAccessAct(await world.actAs(ours.orgId, memberId), {
      operatorEmail: operator.email,
      reason: 'x',
      hours: 1,
    })
    if (role === 'owner' || role === 'admin') await expect(attempt).resolves.toMatchObject({ standing: 'active' })
    else await expect(attempt).rejects.toMatchObject({ code: 'forbidden' })
  })
})
