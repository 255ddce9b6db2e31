import { createAtparClient, type AtparClient } from '@atpar/client/client'
import type { ManagementRole } from '@atpar/db/management-keys'
import type { OrgId } from '@atpar/db/tenant'
import { createManagementKeyAct } from '../src/acts/management-keys/create-management-key.ts'
import { handleRequest } from '../src/api/handle-request.ts'
import type { ActWorld } from './act-world.ts'

export const API_ADDRESS = 'http://dashboard.test'
const PREFIX = '/api/v1/'

/** `fetch` that ends in the router itself: what Next does in between is cut the path at its slashes and decode the parts. */
export const fetchApi: typeof fetch = async (input, init) => {
  const request = new Request(input, init)
  const { pathname } = new URL(request.url)
  return handleRequest(request, pathname.slice(PREFIX.length).split('/').map(decodeURIComponent))
}

export interface KeyOrder {
  readonly orgId: OrgId
  /** Who makes it. */
  readonly memberId: string
  readonly role: ManagementRole
  readonly allowedCidrs?: readonly string[]
}

export interface MadeManagementKey {
  readonly managementKeyId: string
  readonly text: string
  readonly client: AtparClient
}

export const makeManagementKey = async (world: ActWorld, order: KeyOrder): Promise<MadeManagementKey> => {
  const { managementKeyId, text } = await createManagementKeyAct(await world.actAs(order.orgId, order.memberId), {
    name: `A key for ${order.role}`,
    role: order.role,
    allowedCidrs: [...(order.allowedCidrs ?? [])],
  })
  return {
    managementKeyId,
    text,
    client: createAtparClient({ baseUrl: API_ADDRESS, managementKey: text, fetch: fetchApi }),
  }
}
