import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Role } from '@atpar/core/permissions'
import { hashToken } from '@atpar/crypto/token'
import { acceptInvitation, findInvitation } from '@atpar/db/invitations'
import { listMemberships } from '@atpar/db/members'
import { withActor } from '@atpar/db/tenant'
import {
  createKeyWith,
  createMemberWith,
  createOrganizationWith,
  createUserWith,
  type MadeOrganization,
} from '@atpar/testkit/factories'
import { startActWorld, type ActWorld } from '../../../test/act-world.ts'
import { archiveTeamAct } from '../teams/archive-team.ts'
import { createTeamAct } from '../teams/create-team.ts'
import { changeRoleAct } from './change-role.ts'
import { inviteMembersAct } from './invite-members.ts'
import { leaveOrganizationAct } from './leave-organization.ts'
import { listInvitationsAct } from './list-invitations.ts'
import { removeMemberAct } from './remove-member.ts'
import { resendInvitationAct } from './resend-invitation.ts'
import { revokeInvitationAct } from './revoke-invitation.ts'

let world: ActWorld
let ours: MadeOrganization

beforeAll(async () => {
  world = await startActWorld()
}, 60_000)
beforeEach(async () => {
  ours = await createOrganizationWith(world.ownerDb, { name: 'Acme' })
})
afterAll(() => world.stop())

const asOwner = () => world.actAs(ours.orgId, ours.ownerMemberId)
const newMember = (role: Role = 'developer') => createMemberWith(world.ownerDb, ours.orgId, { role })
const newAddress = () => `${randomUUID().slice(0, 8)}@example.test`
const tokenIn = (mail: { readonly text: string } | undefined) =>
  /\/join\/([\w-]{43})\n/.exec(mail?.text ?? '')?.[1] ?? ''
const invite = async (email: string, input: object = {}) => {
  await inviteMembersAct(await asOwner(), { emails: [email], role: 'developer', ...input })
  return tokenIn(world.mails.findLast((mail) => mail.to === email))
}
const stateOf = async (token: string) => (await findInvitation(world.db, hashToken(token)))?.state ?? 'unknown'
const keyStates = async () => {
  const { rows } = await world.pool.query<{ name: string; status: string; revoked_reason: string | null }>(
    'SELECT name, status, revoked_reason FROM api_key WHERE org_id = $1 ORDER BY name',
    [ours.orgId],
  )
  return rows.map((row) => [row.name, row.status, row.revoked_reason])
}

describe('an invitation', () => {
  it('is mailed to each address once, stored as a hash only, and lasts seven days', async () => {
    const [first, second] = [newAddress(), newAddress()]
    const { invited, alreadyMembers } = await inviteMembersAct(await asOwner(), {
      emails: [first, second.toUpperCase(), first, ours.owner.email],
      role: 'developer',
    })
    expect(invited.map(({ email }) => email)).toEqual([first, second])
    expect(alreadyMembers).toEqual([ours.owner.email])
    const token = tokenIn(world.mails.findLast((mail) => mail.to === first))
    expect(token).toHaveLength(43)
    const { rows } = await world.pool.query<{ row: string; days: string }>(
      `SELECT i::text AS row, round(extract(epoch FROM expires_at - now()) / 86400) AS days FROM invitation i WHERE email = $1`,
      [first],
    )
    expect(rows[0]?.days).toBe('7')
    expect(rows[0]?.row).not.toContain(token)
    const { rows: audit } = await world.pool.query<{ text: string }>(
      'SELECT a::text AS text FROM audit_log a WHERE org_id = $1',
      [ours.orgId],
    )
    expect(audit.some(({ text }) => text.includes(first))).toBe(true)
    expect(audit.some(({ text }) => text.includes(token))).toBe(false)
  })

  it('says in one line who invites to what, whatever their names contain', async () => {
    await world.pool.query('UPDATE organization SET name = $2 WHERE id = $1', [
      ours.orgId,
      'Acme\r\nBcc: all@example.test',
    ])
    const email = newAddress()
    await invite(email)
    const mail = world.mails.findLast((sent) => sent.to === email)
    expect(mail?.subject).toBe('Join Acme Bcc: all@example.test on Atpar')
    expect(mail?.text.split('\n')[0]).toContain('"Acme Bcc: all@example.test"')
  })

  it('replaces the open one to the same address', async () => {
    const email = newAddress()
    const [older, newer] = [await invite(email), await invite(email, { role: 'viewer' })]
    expect([await stateOf(older), await stateOf(newer)]).toEqual(['revoked', 'open'])
    expect(await listInvitationsAct(await asOwner(), {})).toMatchObject([{ email, role: 'viewer' }])
  })

  it('sent again has a new link, and the older mail opens nothing', async () => {
    const email = newAddress()
    const older = await invite(email)
    const [invitation] = await listInvitationsAct(await asOwner(), {})
    await resendInvitationAct(await asOwner(), { invitationId: invitation?.invitationId })
    const newer = tokenIn(world.mails.findLast((mail) => mail.to === email))
    expect([await stateOf(older), await stateOf(newer)]).toEqual(['unknown', 'open'])
  })

  it('is worth nothing once it is revoked, used or expired, and says which', async () => {
    const [revoked, used, expired] = [newAddress(), newAddress(), newAddress()]
    const tokens = [await invite(revoked), await invite(used), await invite(expired)]
    const invitations = await listInvitationsAct(await asOwner(), {})
    const idOf = (email: string) => invitations.find((invitation) => invitation.email === email)?.invitationId
    await revokeInvitationAct(await asOwner(), { invitationId: idOf(revoked) })
    const guest = await createUserWith(world.ownerDb, { email: used })
    await acceptInvitation(world.db, { tokenHash: hashToken(tokens[1] ?? ''), ...guest })
    await world.pool.query(`UPDATE invitation SET expires_at = now() - interval '1 second' WHERE email = $1`, [expired])
    expect(await Promise.all(tokens.map(stateOf))).toEqual(['revoked', 'used', 'expired'])
    for (const [index, email] of [revoked, used, expired].entries()) {
      const user = await createUserWith(world.ownerDb, { email })
      const attempt = acceptInvitation(world.db, { tokenHash: hashToken(tokens[index] ?? ''), ...user })
      await expect(attempt).rejects.toMatchObject({ code: 'not_found' })
    }
  })

  it('is for its address only, and proves that address to whoever accepts it', async () => {
    const email = newAddress()
    const tokenHash = hashToken(await invite(email, { teamId: ours.defaultTeamId, teamRole: 'team_admin' }))
    const other = await createUserWith(world.ownerDb)
    await expect(acceptInvitation(world.db, { tokenHash, ...other })).rejects.toMatchObject({ code: 'forbidden' })
    const guest = await createUserWith(world.ownerDb, { email })
    const { memberId } = await acceptInvitation(world.db, { tokenHash, ...guest })
    const { rows } = await world.pool.query(
      `SELECT m.role, t.role AS team_role, u.email_verified_at IS NOT NULL AS is_verified FROM membership m
       JOIN app_user u ON u.id = m.user_id JOIN team_membership t ON t.member_id = m.id WHERE m.id = $1`,
      [memberId],
    )
    expect(rows).toEqual([{ role: 'developer', team_role: 'team_admin', is_verified: true }])
  })

  it('still admits to the organization when its team was archived meanwhile', async () => {
    const { teamId } = await createTeamAct(await asOwner(), { name: 'Short-lived' })
    const email = newAddress()
    const tokenHash = hashToken(await invite(email, { teamId }))
    await archiveTeamAct(await asOwner(), { teamId })
    const guest = await createUserWith(world.ownerDb, { email })
    expect(await acceptInvitation(world.db, { tokenHash, ...guest })).toMatchObject({ teamId: null })
  })

  it('ends with the membership, or the rank, of whoever sent it', async () => {
    const inviter = await newMember('admin')
    const [first, second] = [newAddress(), newAddress()]
    const send = async (email: string) => {
      await inviteMembersAct(await world.actAs(ours.orgId, inviter.memberId), { emails: [email], role: 'developer' })
      return tokenIn(world.mails.findLast((mail) => mail.to === email))
    }
    const before = await send(first)
    await changeRoleAct(await asOwner(), { memberId: inviter.memberId, role: 'developer' })
    expect(await stateOf(before)).toBe('revoked')
    await changeRoleAct(await asOwner(), { memberId: inviter.memberId, role: 'admin' })
    const after = await send(second)
    expect(await removeMemberAct(await asOwner(), { memberId: inviter.memberId })).toEqual({
      stoppedKeys: 0,
      revokedInvitations: 1,
    })
    expect(await stateOf(after)).toBe('revoked')
  })

  it('never gives more than its sender has', async () => {
    const admin = await world.actAs(ours.orgId, (await newMember('admin')).memberId)
    const attempt = inviteMembersAct(admin, { emails: [newAddress()], role: 'owner' })
    await expect(attempt).rejects.toMatchObject({ code: 'forbidden', param: 'role' })
    const email = newAddress()
    await invite(email, { role: 'owner' })
    const [invitation] = await listInvitationsAct(admin, {})
    const resent = resendInvitationAct(admin, { invitationId: invitation?.invitationId })
    await expect(resent).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('is sent by people, not by management keys', async () => {
    const key = { kind: 'management-key', managementKeyId: randomUUID(), role: 'owner' } as const
    const attempt = inviteMembersAct(
      { orgId: ours.orgId, actor: key, ip: null },
      { emails: [newAddress()], role: 'viewer' },
    )
    await expect(attempt).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('names the address that is none', async () => {
    const attempt = inviteMembersAct(await asOwner(), { emails: [newAddress(), 'not an address'], role: 'viewer' })
    await expect(attempt).rejects.toMatchObject({
      code: 'invalid_request',
      message: 'emails.1: "not an address" is not an e-mail address.',
    })
  })
})

describe('a role', () => {
  it('is raised by nobody for themselves, and an owner’s is safe from admins', async () => {
    const admin = await newMember('admin')
    const asAdmin = await world.actAs(ours.orgId, admin.memberId)
    const second = await newMember('owner')
    for (const [memberId, role] of [
      [admin.memberId, 'owner'],
      [admin.memberId, 'billing'],
      [second.memberId, 'viewer'],
      [(await newMember()).memberId, 'owner'],
    ] as const) {
      await expect(changeRoleAct(asAdmin, { memberId, role })).rejects.toMatchObject({ code: 'forbidden' })
    }
    await expect(removeMemberAct(asAdmin, { memberId: second.memberId })).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('of the only owner stays', async () => {
    const { ownerMemberId } = ours
    const stepDown = changeRoleAct(await asOwner(), { memberId: ownerMemberId, role: 'admin' })
    await expect(stepDown).rejects.toMatchObject({ code: 'forbidden', message: expect.stringContaining('only owner') })
    await expect(leaveOrganizationAct(await asOwner(), {})).rejects.toMatchObject({ code: 'forbidden' })
  })
})

describe('leaving', () => {
  it('stops the member’s keys and access, and leaves the team’s service keys alone', async () => {
    const member = await newMember()
    const { orgId, defaultTeamId: teamId } = ours
    await createKeyWith(world.ownerDb, { orgId, holder: { kind: 'member', memberId: member.memberId }, name: 'theirs' })
    await createKeyWith(world.ownerDb, { orgId, holder: { kind: 'service', teamId }, name: 'the team’s' })
    const membershipsOf = () => withActor(world.db, member.userId, (tx) => listMemberships(tx))
    expect(await membershipsOf()).toHaveLength(1)
    await leaveOrganizationAct(await world.actAs(orgId, member.memberId), {})
    expect(await membershipsOf()).toEqual([])
    expect(await keyStates()).toEqual([
      ['the team’s', 'active', null],
      ['theirs', 'revoked', 'member-removed'],
    ])
  })

  it('is final for the keys: who is invited back starts without', async () => {
    const member = await newMember()
    const { orgId } = ours
    await createKeyWith(world.ownerDb, { orgId, holder: { kind: 'member', memberId: member.memberId }, name: 'old' })
    await removeMemberAct(await asOwner(), { memberId: member.memberId })
    const tokenHash = hashToken(await invite(member.email, { role: 'viewer' }))
    expect((await acceptInvitation(world.db, { tokenHash, ...member })).memberId).toBe(member.memberId)
    expect(await keyStates()).toEqual([['old', 'revoked', 'member-removed']])
  })
})

describe('archiving a team', () => {
  it('stops its service keys and the members’ keys that name it, and no other', async () => {
    const { orgId } = ours
    const { teamId } = await createTeamAct(await asOwner(), { name: 'Search' })
    const member = await createMemberWith(world.ownerDb, orgId, { teamId })
    const { memberId } = member
    await createKeyWith(world.ownerDb, { orgId, holder: { kind: 'service', teamId }, name: 'a service' })
    await createKeyWith(world.ownerDb, { orgId, holder: { kind: 'member', memberId, teamId }, name: 'b named' })
    await createKeyWith(world.ownerDb, { orgId, holder: { kind: 'member', memberId }, name: 'c unnamed' })
    expect(await archiveTeamAct(await asOwner(), { teamId })).toEqual({ stoppedKeys: 2 })
    expect(await keyStates()).toEqual([
      ['a service', 'revoked', 'team-archived'],
      ['b named', 'revoked', 'team-archived'],
      ['c unnamed', 'active', null],
    ])
  })
})
