import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
// By path, not by package: the testkit builds on this package.
import { createOrganizationWith, createUserWith } from '../../testkit/src/factories.ts'
import { createTestDatabase, type TestDatabase } from '../../testkit/src/postgres.ts'
import { createDb, type Db } from './client.ts'
import {
  findEmailToken,
  issueEmailToken,
  redeemEmailToken,
  voidEmailTokens,
  type NewEmailToken,
} from './email-tokens.ts'
import { findUserOfIdentity, linkIdentity, listIdentities, unlinkIdentity } from './identities.ts'
import { listSecurityEvents, recordSecurityEvent } from './security-events.ts'
import { withActor, withTenant } from './tenant.ts'
import {
  confirmTotp,
  countRecoveryCodes,
  findTotp,
  hasTwoFactor,
  isTwoFactorRequired,
  listTwoFactorRequirements,
  proposeTotp,
  removeTotp,
  replaceRecoveryCodes,
  requireTwoFactor,
  takeRecoveryCode,
  takeTotpStep,
} from './two-factor.ts'
import { findAccount } from './users.ts'

// Real databases on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 30_000 })

let database: TestDatabase
let owner: Db
let app: Db

beforeAll(async () => {
  database = await createTestDatabase()
  owner = createDb({ url: database.ownerUrl, max: 2 })
  app = createDb({ url: database.urlFor('app'), max: 4 })
}, 90_000)

afterAll(async () => {
  await Promise.all([owner.$disconnect(), app.$disconnect()])
  await database.drop()
})

const hashOf = (text: string): Uint8Array => createHash('sha256').update(text).digest()

const newToken = (overrides: Partial<NewEmailToken> = {}): NewEmailToken => ({
  purpose: 'magic-link',
  email: 'ada@example.test',
  userId: null,
  tokenHash: hashOf(randomUUID()),
  name: null,
  nextPath: null,
  expiresAtMs: Date.now() + 60_000,
  ...overrides,
})

describe('a link in a mail', () => {
  it('is found without being used up, works once, and of many clicks at once for one', async () => {
    const token = newToken({ name: 'Ada', nextPath: '/acme' })
    await issueEmailToken(app, token)
    const found = { email: 'ada@example.test', userId: null, name: 'Ada', nextPath: '/acme' }
    expect(await findEmailToken(app, token.tokenHash, 'magic-link')).toEqual(found)
    expect(await findEmailToken(app, token.tokenHash, 'magic-link')).toEqual(found)
    const clicks = await Promise.all([1, 2, 3, 4].map(() => redeemEmailToken(app, token.tokenHash, 'magic-link')))
    expect(clicks.filter((click) => click !== null)).toEqual([found])
    expect(await findEmailToken(app, token.tokenHash, 'magic-link')).toBeNull()
  })

  it('does nothing but what it was made for, and nothing after its time', async () => {
    const token = newToken()
    const late = newToken({ expiresAtMs: Date.now() - 1 })
    await issueEmailToken(app, token)
    await issueEmailToken(app, late)
    expect(await redeemEmailToken(app, token.tokenHash, 'reset-password')).toBeNull()
    expect(await redeemEmailToken(app, late.tokenHash, 'magic-link')).toBeNull()
    expect(await redeemEmailToken(app, token.tokenHash, 'magic-link')).not.toBeNull()
  })

  it('is over with all others to the address once they are voided, and those to other addresses stay', async () => {
    const [mine, theirs] = [newToken({ purpose: 'reset-password' }), newToken({ email: 'bob@example.test' })]
    await issueEmailToken(app, mine)
    await issueEmailToken(app, theirs)
    await voidEmailTokens(app, 'ADA@example.test')
    expect(await findEmailToken(app, mine.tokenHash, 'reset-password')).toBeNull()
    expect(await findEmailToken(app, theirs.tokenHash, 'magic-link')).not.toBeNull()
  })

  it('cannot be read from its table by the dashboard', async () => {
    await expect(app.$queryRaw`SELECT email FROM email_token`).rejects.toThrow(/permission denied/)
  })
})

describe('a second factor', () => {
  it('is in force once confirmed, takes each step once and no older one, and is seen by its person only', async () => {
    const ada = await createUserWith(app)
    const bob = await createUserWith(app)
    expect(await withActor(app, ada.userId, (tx) => proposeTotp(tx, ada.userId, Buffer.from('first')))).toBe(true)
    expect(await hasTwoFactor(app, ada.userId)).toBe(false)
    expect(await withActor(app, ada.userId, (tx) => proposeTotp(tx, ada.userId, Buffer.from('second')))).toBe(true)
    await withActor(app, ada.userId, (tx) => confirmTotp(tx, ada.userId))
    expect(await hasTwoFactor(app, ada.userId)).toBe(true)
    expect((await findAccount(app, ada.email))?.hasTwoFactor).toBe(true)
    expect(await withActor(app, ada.userId, (tx) => proposeTotp(tx, ada.userId, Buffer.from('third')))).toBe(false)
    expect(await withActor(app, bob.userId, (tx) => findTotp(tx, ada.userId))).toBeNull()
    const take = (step: number) => withActor(app, ada.userId, (tx) => takeTotpStep(tx, ada.userId, step))
    expect(await take(100)).toBe(true)
    expect(await take(100)).toBe(false)
    expect(await take(99)).toBe(false)
    expect((await Promise.all([1, 2, 3].map(() => take(101)))).filter(Boolean)).toHaveLength(1)
  })

  it('has recovery codes that work once, for their person, until they are replaced', async () => {
    const ada = await createUserWith(app)
    const bob = await createUserWith(app)
    const [first, second, third] = [hashOf(randomUUID()), hashOf(randomUUID()), hashOf(randomUUID())]
    await withActor(app, ada.userId, (tx) => replaceRecoveryCodes(tx, ada.userId, [first, second]))
    expect(await withActor(app, bob.userId, (tx) => takeRecoveryCode(tx, first))).toBe(false)
    expect(await withActor(app, ada.userId, (tx) => takeRecoveryCode(tx, first))).toBe(true)
    expect(await withActor(app, ada.userId, (tx) => takeRecoveryCode(tx, first))).toBe(false)
    expect(await withActor(app, ada.userId, (tx) => countRecoveryCodes(tx, ada.userId))).toBe(1)
    await withActor(app, ada.userId, (tx) => replaceRecoveryCodes(tx, ada.userId, [third]))
    expect(await withActor(app, ada.userId, (tx) => takeRecoveryCode(tx, second))).toBe(false)
    await withActor(app, ada.userId, (tx) => removeTotp(tx, ada.userId))
    expect(await withActor(app, ada.userId, (tx) => takeRecoveryCode(tx, third))).toBe(false)
  })

  it('can be required by an organization, which its members are told', async () => {
    const { tenant, orgId, owner: ada } = await createOrganizationWith(app)
    expect(await withActor(app, ada.userId, listTwoFactorRequirements)).toEqual(new Set())
    await withTenant(app, tenant, (tx) => requireTwoFactor(tx, orgId, true))
    expect(await withTenant(app, tenant, (tx) => isTwoFactorRequired(tx, orgId))).toBe(true)
    expect(await withActor(app, ada.userId, listTwoFactorRequirements)).toEqual(new Set([orgId]))
    expect(await withActor(app, (await createUserWith(app)).userId, listTwoFactorRequirements)).toEqual(new Set())
  })
})

describe('an identity at another provider', () => {
  const github = (subject: string) => ({ provider: 'github', subject, email: 'ada@example.test' }) as const

  it('signs in the one it is linked to, is linked once, and is unlinked by its person only', async () => {
    const ada = await createUserWith(app)
    const bob = await createUserWith(app)
    const subject = randomUUID()
    expect(await findUserOfIdentity(app, 'github', subject)).toBeNull()
    await withActor(app, ada.userId, (tx) => linkIdentity(tx, ada.userId, github(subject)))
    expect(await findUserOfIdentity(app, 'github', subject)).toBe(ada.userId)
    expect(await findUserOfIdentity(app, 'google', subject)).toBeNull()
    await expect(
      withActor(app, bob.userId, (tx) => linkIdentity(tx, bob.userId, github(subject))),
    ).rejects.toMatchObject({ code: 'conflict' })
    const [identity] = await withActor(app, ada.userId, (tx) => listIdentities(tx, ada.userId))
    const identityId = identity?.identityId ?? ''
    expect(await withActor(app, bob.userId, (tx) => unlinkIdentity(tx, bob.userId, identityId))).toBeNull()
    expect(await withActor(app, ada.userId, (tx) => unlinkIdentity(tx, ada.userId, identityId))).toBe('github')
    expect(await findUserOfIdentity(app, 'github', subject)).toBeNull()
  })
})

describe("a person's own record", () => {
  const event = { event: 'signed-in', ip: '192.0.2.1', userAgent: 'test', detail: 'password' } as const

  it('is read by that person, newest first, and changed by nobody', async () => {
    const ada = await createUserWith(app)
    const bob = await createUserWith(app)
    await withActor(app, ada.userId, (tx) => recordSecurityEvent(tx, ada.userId, event))
    await withActor(app, ada.userId, (tx) =>
      recordSecurityEvent(tx, ada.userId, { ...event, event: 'password-changed' }),
    )
    const events = await withActor(app, ada.userId, (tx) => listSecurityEvents(tx, ada.userId, 10))
    expect(events.map((each) => each.event)).toEqual(['password-changed', 'signed-in'])
    expect(await withActor(app, bob.userId, (tx) => listSecurityEvents(tx, ada.userId, 10))).toEqual([])
    await expect(withActor(app, bob.userId, (tx) => recordSecurityEvent(tx, ada.userId, event))).rejects.toThrow()
    await expect(
      withActor(app, ada.userId, (tx) => tx.$executeRaw`UPDATE security_event SET ip = NULL`),
    ).rejects.toThrow(/permission denied/)
    await expect(withActor(app, ada.userId, (tx) => tx.$executeRaw`DELETE FROM security_event`)).rejects.toThrow(
      /permission denied/,
    )
  })
})
