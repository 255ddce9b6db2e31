import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startActWorld, type ActWorld } from '../../test/act-world.ts'
import { makeCompany, type Company, type Place } from '../../test/authorization/people.ts'
import { undoing } from '../../test/undoing.ts'
import { provideDeps, readDeps } from '../deps.ts'
import {
  addCredentialAction,
  deleteCredentialAction,
  replaceCredentialAction,
} from '../features/credentials/actions.ts'
import { createManagementKeyAction, revokeManagementKeyAction } from '../features/management-keys/actions.ts'
import type { FormState } from '../ui/form-state.ts'
import { openSessionFor } from './session-token.ts'

// A real database on a busy machine: slow is not wrong.
vi.setConfig({ testTimeout: 60_000 })

/** The cookie of the request that is being answered. */
const browser = vi.hoisted(() => ({ token: '' }))
vi.mock('next/headers', () => ({
  headers: () => Promise.resolve(new Headers()),
  cookies: () => Promise.resolve({ get: () => ({ value: browser.token }) }),
}))
vi.mock('next/cache', () => ({ revalidatePath: () => undefined }))

let world: ActWorld
let company: Company
let userId: string

beforeAll(async () => {
  world = await startActWorld()
  company = await makeCompany(world)
  const actor = company.people.find(({ name }) => name === 'owner')?.context.actor
  if (actor?.kind !== 'member') throw new Error('There is no owner.')
  userId = actor.userId
  browser.token = await openSessionFor({ userId, method: 'password' }, { userAgent: null, ip: null })
  provideDeps({ ...readDeps(), db: undoing(world.db) })
}, 120_000)
afterAll(() => world.stop())

const proveAgo = (minutes: number | null) =>
  world.pool.query(
    `UPDATE user_session SET reauthenticated_at = now() - $2::float8 * interval '1 minute' WHERE user_id = $1`,
    [userId, minutes],
  )

const formOf = (values: Readonly<Record<string, string>>): FormData => {
  const form = new FormData()
  for (const [name, value] of Object.entries(values)) form.set(name, value)
  return form
}

const IDLE = { status: 'idle' } as const
const orgSlug = 'ours'
const apiKey = 'sk-0123456789abcdefghij'
const preference = 'prefer'
const ACTIONS: readonly (readonly [string, (place: Place) => Promise<FormState>])[] = [
  [
    'creating a management key',
    () => createManagementKeyAction(orgSlug, IDLE, formOf({ name: 'CI', role: 'viewer', days: '30' })),
  ],
  [
    'revoking a management key',
    ({ managementKeyId }) => revokeManagementKeyAction({ orgSlug, managementKeyId }, IDLE, formOf({})),
  ],
  [
    'adding a credential',
    () => addCredentialAction(orgSlug, IDLE, formOf({ providerId: 'openai', label: 'New', apiKey, preference })),
  ],
  [
    'replacing a credential',
    ({ credentialId }) => replaceCredentialAction({ orgSlug, credentialId }, IDLE, formOf({ apiKey })),
  ],
  ['deleting a credential', ({ credentialId }) => deleteCredentialAction({ orgSlug, credentialId }, IDLE, formOf({}))],
]

describe.each(ACTIONS)('%s', (_name, act) => {
  test.each([null, 6])('is refused when the last proof of who is there was %s minutes ago', async (minutes) => {
    await proveAgo(minutes)
    const state = await act(company.places.red)
    expect(state).toMatchObject({ status: 'failed', code: 'reauthentication_required' })
  })

  test('is done within five minutes of one', async () => {
    await proveAgo(4)
    expect(await act(company.places.red)).toMatchObject({ status: 'done' })
  })
})
