import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createUserWith } from '@atpar/testkit/factories'
import { startActWorld, type ActWorld } from '../../test/act-world.ts'
import { openAuthBrowser } from '../../test/auth-browser.ts'
import { holdRequest } from '../../test/held-request.ts'
import { signInBrowser, signOutBrowser } from './session-cookie.ts'

vi.mock('next/headers', async () => (await import('../../test/held-request.ts')).heldHeaders)

const ORIGIN = 'https://dashboard.test'
const NAME = '__Host-atpar-session'
const PASSWORD = 'correct horse battery'
const CLIENT = { userAgent: null, ip: null }

// Real databases on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 30_000 })

let world: ActWorld
let person: { readonly userId: string; readonly email: string }

beforeAll(async () => {
  world = await startActWorld()
  vi.stubEnv('NEXTAUTH_URL', ORIGIN)
  person = await createUserWith(world.ownerDb, { password: PASSWORD })
}, 60_000)
afterAll(() => world.stop())

/** RFC 6265bis 4.1.3.2: a browser drops a line of this name that says anything else. */
const expectHostOnly = (line: string): void => {
  expect(line).toMatch(/; *path=\/(;|$)/i)
  expect(line).toMatch(/; *secure\b/i)
  expect(line).toMatch(/; *httponly\b/i)
  expect(line).toMatch(/; *samesite=lax\b/i)
  expect(line).not.toMatch(/domain/i)
}

describe('the session cookie over HTTPS', () => {
  it('is for this host alone when a log-in sets it', async () => {
    const browser = openAuthBrowser(ORIGIN)
    await browser.post('/api/auth/callback/credentials', { email: person.email, password: PASSWORD, json: 'true' })
    const lines = browser.received.filter((line) => line.startsWith(`${NAME}=`))
    expect(lines).toHaveLength(1)
    for (const line of lines) expectHostOnly(line)
    expect(browser.received.every((line) => /; *secure\b/i.test(line))).toBe(true)
  })

  it('is for this host alone when a link in a mail sets it', async () => {
    const held = holdRequest()
    await signInBrowser({ userId: person.userId, method: 'magic-link' }, CLIENT)
    const [line = ''] = held.sent()
    expect(line).toMatch(new RegExp(`^${NAME}=[^;]{20,};`))
    expectHostOnly(line)
  })

  it('is taken away by a line that browsers accept for such a name', async () => {
    const held = holdRequest()
    await signInBrowser({ userId: person.userId, method: 'magic-link' }, CLIENT)
    await signOutBrowser()
    const [line = ''] = held.sent()
    expect(line).toMatch(new RegExp(`^${NAME}=;`))
    expect(line).toMatch(/expires=thu, 01 jan 1970/i)
    expectHostOnly(line)
  })
})
