import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROLES } from '@atpar/core/permissions'
import { createMemberWith, createOrganizationWith, type MadeOrganization } from '@atpar/testkit/factories'
import { startActWorld, type ActWorld } from '../../../test/act-world.ts'
import { readOrganizationAct } from '../organization/read-organization.ts'
import { deleteOrganizationAct } from './delete-organization.ts'
import { exportOrganizationAct } from './export-organization.ts'
import { restoreOrganizationAct } from './restore-organization.ts'

let world: ActWorld
let ours: MadeOrganization

beforeAll(async () => {
  world = await startActWorld()
  ours = await createOrganizationWith(world.ownerDb, { name: 'Ours', slug: 'ours' })
}, 60_000)
afterAll(() => world.stop())

const asOwner = () => world.actAs(ours.orgId, ours.ownerMemberId)

describe('deleting an organization', () => {
  it('takes its name, typed', async () => {
    await expect(deleteOrganizationAct(await asOwner(), { name: 'ours' })).rejects.toMatchObject({
      code: 'invalid_request',
      param: 'name',
    })
  })

  it('suspends it for a week, wakes the proxies, and can be taken back', async () => {
    const woken = world.announced()
    const pending = await deleteOrganizationAct(await asOwner(), { name: 'Ours' })
    expect(pending.dueAtMs - pending.requestedAtMs).toBe(7 * 86_400_000)
    expect(world.announced()).toBe(woken + 1)
    expect(await readOrganizationAct(await asOwner(), {})).toMatchObject({ status: 'suspended' })
    await expect(deleteOrganizationAct(await asOwner(), { name: 'Ours' })).rejects.toMatchObject({ code: 'conflict' })
    await restoreOrganizationAct(await asOwner(), {})
    expect(await readOrganizationAct(await asOwner(), {})).toMatchObject({ status: 'active' })
    await expect(restoreOrganizationAct(await asOwner(), {})).rejects.toMatchObject({ code: 'not_found' })
  })

  it('brings back the status it had, so that no one is freed from a suspension by it', async () => {
    await world.pool.query(`UPDATE organization SET status = 'suspended' WHERE id = $1`, [ours.orgId])
    await deleteOrganizationAct(await asOwner(), { name: 'Ours' })
    await restoreOrganizationAct(await asOwner(), {})
    expect(await readOrganizationAct(await asOwner(), {})).toMatchObject({ status: 'suspended' })
    await world.pool.query(`UPDATE organization SET status = 'active' WHERE id = $1`, [ours.orgId])
  })

  it('is for a person: a management key ends no organization', async () => {
    const actor = { kind: 'management-key', managementKeyId: ours.orgId, role: 'owner' } as const
    await expect(deleteOrganizationAct({ orgId: ours.orgId, actor, ip: null }, { name: 'Ours' })).rejects.toMatchObject(
      { code: 'forbidden' },
    )
  })

  it.each(ROLES.filter((role) => role !== 'owner'))('and its export are for owners only, not for %s', async (role) => {
    const { memberId } = await createMemberWith(world.ownerDb, ours.orgId, { role })
    const context = await world.actAs(ours.orgId, memberId)
    for (const attempt of [
      () => deleteOrganizationAct(context, { name: 'Ours' }),
      () => restoreOrganizationAct(context, {}),
      () => exportOrganizationAct(context, {}),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('and its export are on record', async () => {
    await exportOrganizationAct(await asOwner(), {})
    const { rows } = await world.pool.query<{ action: string }>(
      'SELECT DISTINCT action FROM audit_log WHERE org_id = $1 ORDER BY 1',
      [ours.orgId],
    )
    expect(rows.map((row) => row.action)).toEqual([
      'organization-created',
      'organization-deletion-requested',
      'organization-exported',
      'organization-restored',
    ])
  })
})
