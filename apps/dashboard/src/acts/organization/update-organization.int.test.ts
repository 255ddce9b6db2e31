import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROLES, type Role } from '@atpar/core/permissions'
import { createMemberWith, createOrganizationWith, type MadeOrganization } from '@atpar/testkit/factories'
import { startActWorld, type ActWorld } from '../../../test/act-world.ts'
import { updateOrganizationAct } from './update-organization.ts'

let world: ActWorld
let ours: MadeOrganization
let theirs: MadeOrganization

beforeAll(async () => {
  world = await startActWorld()
  ours = await createOrganizationWith(world.ownerDb, { slug: 'ours' })
  theirs = await createOrganizationWith(world.ownerDb, { slug: 'theirs' })
}, 60_000)
afterAll(() => world.stop())

const asRole = async (role: Role) => {
  if (role === 'owner') return world.actAs(ours.orgId, ours.ownerMemberId)
  return world.actAs(ours.orgId, (await createMemberWith(world.ownerDb, ours.orgId, { role })).memberId)
}

describe('update-organization', () => {
  it.each(ROLES)('as %s', async (role) => {
    const attempt = updateOrganizationAct(await asRole(role), { name: `Renamed by ${role}` })
    if (role === 'owner' || role === 'admin')
      expect(await attempt).toMatchObject({ name: `Renamed by ${role}`, slug: 'ours' })
    else await expect(attempt).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('refuses an address that another organization has, and says at which input', async () => {
    await expect(updateOrganizationAct(await asRole('owner'), { slug: 'theirs' })).rejects.toMatchObject({
      code: 'conflict',
      param: 'slug',
    })
    expect(theirs.slug).toBe('theirs')
  })

  it.each(['join', 'Ours', '-ours', 'o', 'a'.repeat(41), 'ours/settings'])('refuses the address %j', async (slug) => {
    await expect(updateOrganizationAct(await asRole('owner'), { slug })).rejects.toMatchObject({
      code: 'invalid_request',
      param: 'slug',
    })
  })

  it('changes the address and records what it was', async () => {
    await updateOrganizationAct(await asRole('owner'), { slug: 'ours-now' })
    const { rows } = await world.pool.query(
      `SELECT before->>'slug' AS before, after->>'slug' AS after, ip FROM audit_log WHERE org_id = $1 ORDER BY id DESC LIMIT 1`,
      [ours.orgId],
    )
    expect(rows).toEqual([{ before: 'ours', after: 'ours-now', ip: '192.0.2.7' }])
  })

  it('refuses a field it does not know', async () => {
    await expect(updateOrganizationAct(await asRole('owner'), { status: 'closed' })).rejects.toMatchObject({
      code: 'invalid_request',
    })
  })
})
