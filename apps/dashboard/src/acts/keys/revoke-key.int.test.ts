import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  createKeyWith,
  createMemberWith,
  createOrganizationWith,
  type MadeOrganization,
} from '@atpar/testkit/factories'
import { startActWorld, type ActWorld } from '../../../test/act-world.ts'
import { revokeKeyAct } from './revoke-key.ts'

let world: ActWorld
let organization: MadeOrganization

beforeAll(async () => {
  world = await startActWorld()
  organization = await createOrganizationWith(world.ownerDb)
}, 60_000)
afterAll(() => world.stop())

test('a colleague’s key answers a developer as an id nobody has', async () => {
  const { orgId, ownerMemberId } = organization
  const developer = await createMemberWith(world.ownerDb, orgId)
  const key = await createKeyWith(world.ownerDb, { orgId, holder: { kind: 'member', memberId: ownerMemberId } })
  const context = await world.actAs(orgId, developer.memberId)
  const refusal = (keyId: string) => revokeKeyAct(context, { keyId }).catch((error: unknown) => error)
  expect(await refusal(key.keyId)).toMatchObject({ code: 'not_found' })
  expect(await refusal(randomUUID())).toMatchObject({ code: 'not_found' })
  const before = world.announced()
  await revokeKeyAct(await world.actAs(orgId, ownerMemberId), { keyId: key.keyId })
  expect(world.announced()).toBe(before + 1)
})
