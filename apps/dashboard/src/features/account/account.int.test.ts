import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { deleteAccount } from '@atpar/db/account-deletion'
import { recordAudit } from '@atpar/db/audit-log'
import { verifyAuditChain } from '@atpar/db/audit-verification'
import { issueEmailToken } from '@atpar/db/email-tokens'
import { findUserOfIdentity, linkIdentity, listIdentities } from '@atpar/db/identities'
import { acceptInvitation, createInvitation } from '@atpar/db/invitations'
import { withActor, withTenant, type OrgId } from '@atpar/db/tenant'
import { confirmTotp, proposeTotp, replaceRecoveryCodes, requireTwoFactor } from '@atpar/db/two-factor'
import { createKeyWith, createMemberWith, createOrganizationWith, createUserWith } from '@atpar/testkit/factories'
import { startActWorld, type ActWorld } from '../../../test/act-world.ts'
import { followRedirect, holdRequest } from '../../../test/held-request.ts'
import { requireOrganization } from '../../auth/guard.ts'
import { openSessionFor } from '../../auth/session-token.ts'
import { IDLE, type FormState } from '../../ui/form-state.ts'
import { unlinkIdentityAction } from './actions.ts'
import { deleteAccountAction } from './delete-account-action.ts'

vi.mock('next/headers', async () => (await import('../../../test/held-request.ts')).heldHeaders)
vi.mock('next/cache', () => ({ revalidatePath: () => undefined }))
vi.setConfig({ testTimeout: 30_000 })

const COOKIE = 'atpar-session'
const CLIENT = { userAgent: null, ip: null }

let world: ActWorld

beforeAll(async () => {
  world = await startActWorld()
}, 60_000)
afterAll(() => world.stop())

/** From here on it is this person's browser that asks. */
const enterAs = async (userId: string): Promise<void> => {
  holdRequest({ [COOKIE]: await openSessionFor({ userId, method: 'password', isComplete: true }, CLIENT) })
}

const forgetProof = (userId: string) =>
  world.pool.query(`UPDATE user_session SET reauthenticated_at = now() - interval '6 minutes' WHERE user_id = $1`, [
    userId,
  ])

const read = async (sql: string, ...values: unknown[]): Promise<readonly unknown[]> =>
  (await world.pool.query<Record<string, unknown>>(sql, values)).rows

const deleteAs = (email: string): Promise<unknown> => {
  const form = new FormData()
  form.set('email', email)
  return followRedirect(() => deleteAccountAction(IDLE, form))
}

describe('disconnecting a provider', () => {
  const connect = async (userId: string, subject: string): Promise<string> => {
    const identities = await withActor(world.db, userId, async (tx) => {
      await linkIdentity(tx, userId, { provider: 'oidc', subject, email: null })
      return listIdentities(tx, userId)
    })
    return identities[0]?.identityId ?? ''
  }
  const unlink = (identityId: string): Promise<FormState> => unlinkIdentityAction(identityId, IDLE, new FormData())

  it('signs nobody in by it any more, and is on record', async () => {
    const { userId } = await createUserWith(world.ownerDb)
    const identityId = await connect(userId, 'leaving')
    await enterAs(userId)
    expect(await unlink(identityId)).toEqual({ status: 'done' })
    expect(await findUserOfIdentity(world.db, 'oidc', 'leaving')).toBeNull()
    expect(
      await read(`SELECT 1 FROM security_event WHERE user_id = $1 AND event = 'identity-unlinked'`, userId),
    ).toHaveLength(1)
    expect(await unlink(identityId)).toMatchObject({ code: 'not_found' })
  })

  it('wants a fresh proof', async () => {
    const { userId } = await createUserWith(world.ownerDb)
    const identityId = await connect(userId, 'stale')
    await enterAs(userId)
    await forgetProof(userId)
    expect(await unlink(identityId)).toMatchObject({ code: 'reauthentication_required' })
    expect(await findUserOfIdentity(world.db, 'oidc', 'stale')).toBe(userId)
  })

  it("answers for another person's as for one that never was", async () => {
    const theirs = await createUserWith(world.ownerDb)
    const identityId = await connect(theirs.userId, 'theirs')
    await enterAs((await createUserWith(world.ownerDb)).userId)
    expect(await unlink(identityId)).toEqual(await unlink(randomUUID()))
    expect(await findUserOfIdentity(world.db, 'oidc', 'theirs')).toBe(theirs.userId)
  })
})

describe('deleting an account', () => {
  const furnish = async (userId: string, email: string): Promise<void> => {
    await withActor(world.db, userId, async (tx) => {
      await linkIdentity(tx, userId, { provider: 'oidc', subject: `of ${userId}`, email })
      await proposeTotp(tx, userId, Buffer.from('sealed'))
      await confirmTotp(tx, userId)
      await replaceRecoveryCodes(tx, userId, [Buffer.from(`code of ${userId}`)])
    })
    for (const owner of [userId, null])
      await issueEmailToken(world.db, {
        purpose: 'magic-link',
        email,
        userId: owner,
        tokenHash: Buffer.from(randomUUID()),
        name: null,
        nextPath: null,
        expiresAtMs: Date.now() + 60_000,
      })
  }
  const joinWithKey = async (orgId: OrgId, email: string) => {
    const member = await createMemberWith(world.ownerDb, orgId, { email })
    const key = await createKeyWith(world.ownerDb, { orgId, holder: { kind: 'member', memberId: member.memberId } })
    return { ...member, keyId: key.keyId }
  }

  it('ends every membership, stops every key, records it in each organization and leaves nothing of the person', async () => {
    const [first, second] = [await createOrganizationWith(world.ownerDb), await createOrganizationWith(world.ownerDb)]
    const member = await joinWithKey(first.orgId, 'leaver@example.test')
    await joinWithKey(second.orgId, 'leaver@example.test')
    const bystander = await joinWithKey(first.orgId, 'stays@example.test')
    const { userId } = member
    await furnish(userId, member.email)
    await furnish(bystander.userId, bystander.email)
    await enterAs(userId)
    const woken = world.announced()

    expect(await deleteAs(' Leaver@Example.test ')).toBe('/')

    expect(world.announced()).toBe(woken + 1)
    expect(await read('SELECT DISTINCT status FROM membership WHERE user_id = $1', userId)).toEqual([
      { status: 'removed' },
    ])
    expect(
      await read(
        'SELECT DISTINCT k.status FROM api_key k JOIN membership m ON m.id = k.member_id WHERE m.user_id = $1',
        userId,
      ),
    ).toEqual([{ status: 'revoked' }])
    expect(
      await read(
        `SELECT org_id FROM audit_log WHERE action = 'member-account-deleted' AND actor_user_id = $1 ORDER BY 1`,
        userId,
      ),
    ).toEqual([first.orgId, second.orgId].toSorted().map((org_id) => ({ org_id })))
    expect(
      await read(
        'SELECT email, name, password_hash, deleted_at IS NOT NULL AS gone FROM app_user WHERE id = $1',
        userId,
      ),
    ).toEqual([{ email: `erased-${userId}@invalid`, name: 'Erased person', password_hash: null, gone: true }])
    for (const table of [
      'user_session',
      'user_totp',
      'recovery_code',
      'user_identity',
      'security_event',
      'email_token',
    ]) {
      expect(await read(`SELECT 1 FROM ${table} WHERE user_id = $1`, userId), table).toEqual([])
    }
    expect(await read('SELECT 1 FROM email_token WHERE email = $1', member.email)).toEqual([])

    expect(await read('SELECT status FROM api_key WHERE id = $1', bystander.keyId)).toEqual([{ status: 'active' }])
    for (const table of ['user_totp', 'recovery_code', 'user_identity', 'email_token']) {
      expect(await read(`SELECT 1 FROM ${table} WHERE user_id = $1`, bystander.userId), table).toHaveLength(1)
    }
  })

  it('leaves the address nowhere in the organizations, whose records still hold', async () => {
    const ours = await createOrganizationWith(world.ownerDb)
    const email = 'invited.leaver@example.test'
    const tokenHash = Buffer.from(randomUUID())
    const invitation = {
      email,
      role: 'developer',
      teamId: null,
      tokenHash,
      invitedByUserId: ours.owner.userId,
    } as const
    const { userId } = await createUserWith(world.ownerDb, { email })
    await withTenant(world.db, ours.tenant, async (tx) => {
      await createInvitation(tx, ours.orgId, { ...invitation, expiresAtMs: Date.now() + 60_000 })
      const about = { action: 'member-invited', subjectKind: 'invitation', subjectId: 'any', after: { email } }
      await recordAudit(tx, ours.orgId, { ...about, actorUserId: ours.owner.userId })
      await recordAudit(tx, ours.orgId, { ...about, actorUserId: null, after: { email: `not.${email}` } })
    })
    await acceptInvitation(world.db, { tokenHash, userId, email })
    await enterAs(userId)
    expect(await deleteAs(email)).toBe('/')
    for (const table of ['invitation', 'audit_log', 'membership', 'api_key', 'app_user'])
      expect(
        await read(`SELECT 1 FROM ${table} t WHERE to_jsonb(t)::text LIKE '%"' || $1 || '"%'`, email),
        table,
      ).toEqual([])
    expect(
      await read(`SELECT 1 FROM audit_log t WHERE to_jsonb(t)::text LIKE '%not.' || $1 || '%'`, email),
    ).toHaveLength(1)
    expect(await withTenant(world.db, ours.tenant, (tx) => verifyAuditChain(tx, ours.orgId))).toMatchObject({
      erased: 1,
      faults: [],
    })
  })

  it('frees the address: whoever signs up with it next is somebody new', async () => {
    const { userId, email } = await createUserWith(world.ownerDb)
    await enterAs(userId)
    await deleteAs(email)
    expect((await createUserWith(world.ownerDb, { email })).userId).not.toBe(userId)
  })

  it('is refused to the only owner of organizations, names them, and changes nothing anywhere', async () => {
    const owned = await createOrganizationWith(world.ownerDb, { name: 'Owned alone' })
    const other = await createOrganizationWith(world.ownerDb)
    const { keyId } = await joinWithKey(other.orgId, owned.owner.email)
    await enterAs(owned.owner.userId)
    expect(await deleteAs(owned.owner.email)).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('the only owner of Owned alone.') as string,
    })
    expect(await read('SELECT status FROM api_key WHERE id = $1', keyId)).toEqual([{ status: 'active' }])
    expect(await read('SELECT DISTINCT status FROM membership WHERE user_id = $1', owned.owner.userId)).toEqual([
      { status: 'active' },
    ])
    expect(
      await read(`SELECT 1 FROM audit_log WHERE action = 'member-account-deleted' AND org_id = $1`, other.orgId),
    ).toEqual([])

    await createMemberWith(world.ownerDb, owned.orgId, { role: 'owner' })
    expect(await deleteAs(owned.owner.email)).toBe('/')
  })

  it('leaves an owner when the last two go at the same moment', async () => {
    const owned = await createOrganizationWith(world.ownerDb)
    const second = await createMemberWith(world.ownerDb, owned.orgId, { role: 'owner' })
    const outcomes = await Promise.allSettled(
      [owned.owner.userId, second.userId].map((userId) =>
        deleteAccount(world.db, { userId, sessionId: randomUUID(), ip: null }),
      ),
    )
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(
      await read(`SELECT 1 FROM membership WHERE org_id = $1 AND role = 'owner' AND status = 'active'`, owned.orgId),
    ).toHaveLength(1)
  })

  it('wants a fresh proof and the address typed, and is not for who runs the installation', async () => {
    const { userId, email } = await createUserWith(world.ownerDb)
    await enterAs(userId)
    expect(await deleteAs('somebody@else.test')).toMatchObject({ fields: { email: expect.any(String) as string } })
    await world.pool.query('UPDATE app_user SET is_operator = true WHERE id = $1', [userId])
    expect(await deleteAs(email)).toMatchObject({ code: 'forbidden' })
    await world.pool.query('UPDATE app_user SET is_operator = false WHERE id = $1', [userId])
    await forgetProof(userId)
    expect(await deleteAs(email)).toMatchObject({ code: 'reauthentication_required' })
    expect(await read('SELECT deleted_at FROM app_user WHERE id = $1', userId)).toEqual([{ deleted_at: null }])
  })

  it('is for the asking person alone, and not while they belong anywhere, whatever the code above the database does', async () => {
    const { orgId } = await createOrganizationWith(world.ownerDb)
    const { userId } = await createMemberWith(world.ownerDb, orgId)
    await expect(withActor(world.db, userId, (tx) => tx.$executeRaw`SELECT erase_own_account()`)).rejects.toThrow(
      'still belongs to an organization',
    )
    await expect(world.db.$executeRaw`SELECT erase_own_account()`).rejects.toThrow('nobody who can be erased')
    await expect(
      withActor(world.db, userId, (tx) => tx.$executeRaw`SELECT erase_person(${userId}::uuid)`),
    ).rejects.toThrow('permission denied')
  })
})

describe('an organization that requires a second factor', () => {
  it('sends members who have none to set one up, lets the others in, and asks nothing for other organizations', async () => {
    const [strict, easy] = [await createOrganizationWith(world.ownerDb), await createOrganizationWith(world.ownerDb)]
    const { userId, email } = await createMemberWith(world.ownerDb, strict.orgId)
    await createMemberWith(world.ownerDb, easy.orgId, { email })
    const visit = async (slug: string): Promise<unknown> => {
      await enterAs(userId)
      return followRedirect(async () => (await requireOrganization(slug)).orgId)
    }
    expect(await visit(strict.slug)).toBe(strict.orgId)
    await withTenant(world.ownerDb, strict.tenant, (tx) => requireTwoFactor(tx, strict.orgId, true))
    expect(await visit(strict.slug)).toBe(`/account/two-factor?required=${strict.slug}`)
    expect(await visit(easy.slug)).toBe(easy.orgId)

    await withActor(world.db, userId, (tx) => proposeTotp(tx, userId, Buffer.from('sealed')))
    expect(await visit(strict.slug), 'an unconfirmed one is none').toBe(`/account/two-factor?required=${strict.slug}`)
    await withActor(world.db, userId, (tx) => confirmTotp(tx, userId))
    expect(await visit(strict.slug)).toBe(strict.orgId)
  })
})
