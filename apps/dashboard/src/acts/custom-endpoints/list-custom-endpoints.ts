import { z } from 'zod'
import { listCustomEndpoints } from '@atpar/db/custom-endpoints'
import { defineAct } from '../define-act.ts'
import { showEndpoint } from './endpoint-fields.ts'

/** All of the organization's own, by name, with their models; never a key. */
export const listCustomEndpointsAct = defineAct({
  name: 'list-custom-endpoints',
  effect: 'read',
  permission: 'credential:manage',
  input: z.strictObject({}),
  run: async (act) => (await listCustomEndpoints(act.tx, act.orgId)).map(showEndpoint),
})
