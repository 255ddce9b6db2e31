import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { listManagementKeys } from '@atpar/db/management-keys'
import { defineAct } from '../define-act.ts'

/** Newest first, stopped ones included. Never a secret. */
export const listManagementKeysAct = defineAct({
  name: 'list-management-keys',
  effect: 'read',
  permission: 'management-key:manage',
  input: z.strictObject({}),
  run: (act) => {
    if (act.userId === null) throw new AppError('forbidden', { message: 'Management keys are managed by people.' })
    return listManagementKeys(act.tx, act.orgId, act.atMs)
  },
})
