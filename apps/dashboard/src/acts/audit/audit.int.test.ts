import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROLES } from '@atpar/core/permissions'
import { createChainCheck, type ChainLink } from '@atpar/db/audit-chain'
import { createMemberWith, createOrganizationWith, type MadeOrganization } from '@atpar/testkit/factories'
import { startActWorld, type ActWorld } from '../../../test/act-world.ts'
import { updateOrganizationAct } from '../organization/update-organization.ts'
import { exportAuditAct } from './export-audit.ts'
import { listAuditAct } from './list-audit.ts'
import { verifyAuditAct } from './verify-audit.ts'

let world: ActWorld
let ours: MadeOrganization
let theirs: MadeOrganization

beforeAll(async () => {
  world = await startActWorld()
  ours = await createOrganizationWith(world.ownerDb, { slug: 'ours' })
  theirs = await createOrganizationWith(world.ownerDb, { slug: 'theirs' })
  const context = await world.actAs(ours.orgId, ours.ownerMemberId)
  const sessionId = '0192f0c1-0000-7000-8000-000000000001'
  for (const name of ['One', 'Two', 'Three']) await updateOrganizationAct({ ...context, sessionId }, { name })
}, 60_000)
afterAll(() => world.stop())

const asOwner = () => world.actAs(ours.orgId, ours.ownerMemberId)

describe('the record of acts', () => {
  it('says who changed what, from where and in which session', async () => {
    const { entries } = await listAuditAct(await asOwner(), { action: 'organization-updated', limit: 1 })
    expect(entries).toMatchObject([
      {
        actorKind: 'member',
        actorUserId: ours.owner.userId,
        ip: '192.0.2.7',
        sessionId: '0192f0c1-0000-7000-8000-000000000001',
        before: { name: 'Two' },
        after: { name: 'Three' },
      },
    ])
  })

  it('names the management key that acted', async () => {
    const managementKeyId = '0192f0c1-0000-7000-8000-000000000002'
    await updateOrganizationAct(
      { orgId: ours.orgId, actor: { kind: 'management-key', managementKeyId, role: 'admin' }, ip: null },
      { name: 'By key' },
    )
    const { entries } = await listAuditAct(await asOwner(), { actorKind: 'management-key' })
    expect(entries).toMatchObject([{ managementKeyId, actorUserId: null, after: { name: 'By key' } }])
  })

  it('is read in pages that meet without a gap', async () => {
    const all = (await listAuditAct(await asOwner(), {})).entries.map((entry) => entry.sequence)
    const paged: number[] = []
    let before: string | null = ''
    while (before !== null) {
      const page: { entries: readonly { sequence: number }[]; next: string | null } = await listAuditAct(
        await asOwner(),
        { limit: 2, ...(before === '' ? {} : { before }) },
      )
      paged.push(...page.entries.map((entry) => entry.sequence))
      before = page.next
    }
    expect(paged).toEqual(all)
    expect(all).toEqual(all.toSorted((a, b) => b - a))
  })

  it('is exported so that whoever holds it can check it without us, and its export is on record', async () => {
    const { entries, next } = await exportAuditAct(await asOwner(), {})
    expect(next).toBeNull()
    const check = createChainCheck([])
    for (const link of JSON.parse(JSON.stringify(entries)) as ChainLink[]) check.take(link)
    expect(check.finish()).toMatchObject({ entries: entries.length, faults: [] })
    const [newest] = (await listAuditAct(await asOwner(), { limit: 1 })).entries
    expect(newest?.action).toBe('audit-exported')
    expect(await verifyAuditAct(await asOwner(), {})).toMatchObject({ entries: entries.length + 1, faults: [] })
  })

  it('shows nothing of another organization, whatever is asked for', async () => {
    for (const filter of [{ actorUserId: theirs.owner.userId }, { subjectId: theirs.orgId }])
      expect((await listAuditAct(await asOwner(), filter)).entries).toEqual([])
    const foreign = (await listAuditAct(await world.actAs(theirs.orgId, theirs.ownerMemberId), {})).entries
    // A page below a foreign entry is a page below that moment: entries of ours, and none of theirs.
    const below = await listAuditAct(await asOwner(), { before: foreign[0]?.id })
    expect(below.entries.filter((entry) => foreign.some(({ id }) => id === entry.id))).toEqual([])
  })

  it.each(ROLES)('is open to owners and admins only: %s', async (role) => {
    const { memberId } = await createMemberWith(world.ownerDb, ours.orgId, { role })
    const context = await world.actAs(ours.orgId, memberId)
    for (const attempt of [listAuditAct, verifyAuditAct, exportAuditAct]) {
      const result = attempt(context, {})
      if (role === 'owner' || role === 'admin') await expect(result).resolves.toBeDefined()
      else await expect(result).rejects.toMatchObject({ code: 'forbidden' })
    }
  })
})
