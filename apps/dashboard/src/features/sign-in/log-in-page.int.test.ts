import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createUserWith } from '@atpar/testkit/factories'
import { startActWorld, type ActWorld } from '../../../test/act-world.ts'
import { followRedirect, holdRequest } from '../../../test/held-request.ts'
import { openSessionFor } from '../../auth/session-token.ts'
import { LogInPage } from './log-in-page.tsx'

vi.mock('next/headers', async () => (await import('../../../test/held-request.ts')).heldHeaders)

// Real databases on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 30_000 })

let world: ActWorld

beforeAll(async () => {
  world = await startActWorld()
}, 60_000)
afterAll(() => world.stop())

const arrive = (query: { readonly error?: string }): Promise<unknown> =>
  followRedirect(() => LogInPage({ searchParams: Promise.resolve(query) }))

it('leads who failed to connect a provider back to their account, which says so, and leaves a stranger here', async () => {
  const { userId } = await createUserWith(world.ownerDb)
  const token = await openSessionFor({ userId, method: 'password' }, { userAgent: null, ip: null })
  holdRequest({ 'atpar-session': token })
  expect(await arrive({ error: 'OAuthCallback' })).toBe('/account?problem=not-connected')
  expect(await arrive({})).toBe('/home')
  holdRequest()
  expect(await arrive({ error: 'OAuthCallback' })).not.toBeTypeOf('string')
})
