import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createUserWith } from '@atpar/testkit/factories'
import { startActWorld, type ActWorld } from '../../test/act-world.ts'
import { openAuthBrowser, visitProvider, type AuthBrowser } from '../../test/auth-browser.ts'
import { startOidcProvider, type OidcProvider } from '../../test/oidc-provider.ts'
import { openSessionFor } from './session-token.ts'

vi.setConfig({ testTimeout: 30_000 })

const ORIGIN = 'http://dashboard.test'
const COOKIE = 'atpar-session'
const CLIENT = { userAgent: null, ip: null }

let world: ActWorld
let provider: OidcProvider
let browser: AuthBrowser

beforeAll(async () => {
  world = await startActWorld()
  provider = await startOidcProvider()
  vi.stubEnv('OIDC_ISSUER', provider.issuer)
  vi.stubEnv('OIDC_CLIENT_ID', provider.clientId)
  vi.stubEnv('OIDC_CLIENT_SECRET', provider.clientSecret)
}, 60_000)
afterAll(async () => {
  await provider.stop()
  await world.stop()
})
beforeEach(() => {
  browser = openAuthBrowser(ORIGIN)
})

/** Where the browser is at last, after every step that the route itself sends it. */
const comeBack = async (url: URL): Promise<string> => {
  let next = url
  while (next.pathname.startsWith('/api/auth/')) {
    const location = (await browser.get(`${next.pathname}${next.search}`)).headers.get('location')
    if (location === null) throw new Error(`${next.pathname} sends nobody on`)
    next = new URL(location, ORIGIN)
  }
  return next.href
}

const signIn = async (): Promise<string> => comeBack(await visitProvider(browser))

const countRows = async (table: 'app_user' | 'user_identity' | 'user_session'): Promise<number> =>
  (await world.pool.query<{ count: number }>(`SELECT count(*)::int FROM ${table}`)).rows[0]?.count ?? 0

/** Whose session the browser's cookie is. */
const readPerson = async () => {
  const { rows } = await world.pool.query<{ userId: string; email: string; isVerified: boolean; method: string }>(
    `SELECT u.id AS "userId", u.email, u.email_verified_at IS NOT NULL AS "isVerified", s.method FROM user_session s JOIN app_user u ON u.id = s.user_id
     WHERE s.token_hash = sha256($1::text::bytea) AND s.revoked_at IS NULL`,
    [browser.cookies.get(COOKIE) ?? ''],
  )
  return rows[0] ?? null
}

const listEvents = async (userId: string): Promise<readonly string[]> =>
  (
    await world.pool.query<{ event: string }>('SELECT event FROM security_event WHERE user_id = $1 ORDER BY id', [
      userId,
    ])
  ).rows.map(({ event }) => event)

const withoutVerification = (userId: string) =>
  world.pool.query('UPDATE app_user SET email_verified_at = NULL WHERE id = $1', [userId])

describe('signing in by an OpenID provider', () => {
  it('takes a new person on at their first visit and knows them at the next, whatever their address is by then', async () => {
    provider.seat({ sub: 'ada', name: 'Ada', email: 'Ada@New.test', email_verified: true })
    expect(await signIn()).toBe(`${ORIGIN}/account`)
    const first = await readPerson()
    expect(first).toMatchObject({ email: 'ada@new.test', isVerified: true, method: 'oidc' })
    expect(await listEvents(first?.userId ?? '')).toEqual(['account-created', 'identity-linked', 'signed-in'])

    browser = openAuthBrowser(ORIGIN)
    provider.seat({ sub: 'ada', email: 'lovelace@new.test', email_verified: false })
    await signIn()
    expect(await readPerson()).toEqual(first)
  })

  it('replaces the session it came with, and leaves nothing of the handshake behind', async () => {
    provider.seat({ sub: 'again', email: 'again@new.test', email_verified: true })
    await signIn()
    const before = browser.cookies.get(COOKIE)
    await signIn()
    expect(browser.cookies.get(COOKIE)).not.toBe(before)
    const { rows } = await world.pool.query(
      `SELECT 1 FROM user_session WHERE token_hash = sha256($1::text::bytea) AND revoked_at IS NULL`,
      [before],
    )
    expect(rows).toEqual([])
    expect([...browser.cookies.keys()].filter((name) => /^(state|nonce|pkce)\./.test(name))).toEqual([])
  })

  it('links an address that the provider and we both have verified', async () => {
    const person = await createUserWith(world.ownerDb, { email: 'both@known.test' })
    provider.seat({ sub: 'both', email: 'both@known.test', email_verified: true })
    expect(await signIn()).toBe(`${ORIGIN}/account`)
    expect((await readPerson())?.userId).toBe(person.userId)
    expect(await listEvents(person.userId)).toEqual(['identity-linked', 'signed-in'])
  })

  it.each([
    ['says is not verified', { email: 'loose@known.test', email_verified: false }],
    ['says nothing about', { email: 'loose@known.test' }],
    ['does not give', {}],
  ])('never links an address that the provider %s, nor takes anybody on by it', async (_case, claims) => {
    await createUserWith(world.ownerDb, { email: 'loose@known.test' })
    const before = [await countRows('app_user'), await countRows('user_identity')]
    provider.seat({ sub: 'loose', ...claims })
    expect(await signIn()).toContain('/log-in?problem=no-verified-email')
    expect(await readPerson()).toBeNull()
    expect([await countRows('app_user'), await countRows('user_identity')]).toEqual(before)
  })

  it('never links an address that nobody confirmed to us: it may be somebody else who signed up with it', async () => {
    const squatter = await createUserWith(world.ownerDb, { email: 'squatted@known.test' })
    await withoutVerification(squatter.userId)
    const before = await countRows('user_identity')
    provider.seat({ sub: 'rightful', email: 'squatted@known.test', email_verified: true })
    expect(await signIn()).toContain('/log-in?problem=sign-in-first')
    expect(await readPerson()).toBeNull()
    expect(await countRows('user_identity')).toBe(before)
  })
})

describe('connecting a provider to the account one is signed in to', () => {
  const enter = async (userId: string): Promise<void> => {
    browser.cookies.set(COOKIE, await openSessionFor({ userId, method: 'password' }, CLIENT))
  }
  const forgetProof = (userId: string) =>
    world.pool.query(`UPDATE user_session SET reauthenticated_at = now() - interval '6 minutes' WHERE user_id = $1`, [
      userId,
    ])

  it('links it to that account whatever address the provider has', async () => {
    const person = await createUserWith(world.ownerDb)
    await enter(person.userId)
    provider.seat({ sub: 'connected', email: 'other@elsewhere.test', email_verified: false })
    expect(await signIn()).toBe(`${ORIGIN}/account`)
    expect((await readPerson())?.userId).toBe(person.userId)
    browser = openAuthBrowser(ORIGIN)
    await signIn()
    expect((await readPerson())?.userId).toBe(person.userId)
  })

  it('wants a proof of five minutes ago at most', async () => {
    const person = await createUserWith(world.ownerDb)
    await enter(person.userId)
    await forgetProof(person.userId)
    const before = await countRows('user_identity')
    provider.seat({ sub: 'too-late', email: 'late@elsewhere.test', email_verified: true })
    expect(await signIn()).toContain('/account?problem=confirm-first')
    expect(await countRows('user_identity')).toBe(before)
    expect((await readPerson())?.userId).toBe(person.userId)
  })

  it('refuses an identity of another account, and changes neither', async () => {
    provider.seat({ sub: 'taken', email: 'taken@new.test', email_verified: true })
    await signIn()
    const other = await createUserWith(world.ownerDb)
    browser = openAuthBrowser(ORIGIN)
    await enter(other.userId)
    const before = await countRows('user_identity')
    expect(await signIn()).toContain('/account?problem=linked-elsewhere')
    expect((await readPerson())?.userId).toBe(other.userId)
    expect(await countRows('user_identity')).toBe(before)
  })
})

describe('what comes back from the provider is refused', () => {
  beforeEach(() => {
    provider.seat({ sub: 'mallory', email: 'mallory@new.test', email_verified: true })
  })

  const expectRefused = async (location: string): Promise<void> => {
    expect(location).toMatch(/\/log-in\?.*\berror=OAuthCallback\b/)
    expect(browser.cookies.has(COOKIE)).toBe(false)
    const { rows } = await world.pool.query(`SELECT 1 FROM user_identity WHERE subject = 'mallory'`)
    expect(rows).toEqual([])
  }

  it('with another state than it left with', async () => {
    const back = await visitProvider(browser)
    back.searchParams.set('state', 'another')
    await expectRefused(await comeBack(back))
  })

  it('without a state', async () => {
    const back = await visitProvider(browser)
    back.searchParams.delete('state')
    await expectRefused(await comeBack(back))
  })

  it('in a browser that did not leave', async () => {
    const back = await visitProvider(browser)
    browser = openAuthBrowser(ORIGIN)
    await expectRefused(await comeBack(back))
  })

  it('with the code verifier of another departure', async () => {
    await visitProvider(browser)
    const stale = browser.cookies.get(`pkce.${COOKIE}`) ?? ''
    const back = await visitProvider(browser)
    browser.cookies.set(`pkce.${COOKIE}`, stale)
    await expectRefused(await comeBack(back))
  })

  it.each([
    ['another nonce', { claims: { nonce: 'another' } }],
    ['no nonce', { claims: { nonce: undefined } }],
    ['another audience', { claims: { aud: 'someone-else' } }],
    ['another issuer', { claims: { iss: 'https://elsewhere.test' } }],
    ['an end in the past', { claims: { exp: 1_700_000_000 } }],
    ['a key nobody published', { isForged: true }],
  ])('with a token of %s', async (_case, misbehaviour) => {
    provider.seat({ sub: 'mallory', email: 'mallory@new.test', email_verified: true }, misbehaviour)
    await expectRefused(await signIn())
  })

  it('a second time with the same code', async () => {
    provider.seat({ sub: 'once', email: 'once@new.test', email_verified: true })
    const back = await visitProvider(browser)
    const departed = new Map(browser.cookies)
    expect(await comeBack(back)).toBe(`${ORIGIN}/account`)
    browser = openAuthBrowser(ORIGIN)
    for (const [name, value] of departed) browser.cookies.set(name, value)
    await expectRefused(await comeBack(back))
  })
})
