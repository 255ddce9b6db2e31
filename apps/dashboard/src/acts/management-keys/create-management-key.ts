import { z } from 'zod'
import { parseCidr } from '@atpar/core/cidr'
import { AppError } from '@atpar/core/errors'
import { generateApiKey, hmacKey } from '@atpar/crypto/api-key'
import { createManagementKey, MANAGEMENT_ROLES } from '@atpar/db/management-keys'
import { readEnv } from '../../env.ts'
import { defineAct } from '../define-act.ts'

const input = z.strictObject({
  name: z.string().trim().min(1, 'Give the key a name.').max(80, 'At most 80 characters.'),
  role: z.enum(MANAGEMENT_ROLES),
  /** Empty = from anywhere. */
  allowedCidrs: z
    .array(
      z.string().refine((text) => parseCidr(text) !== null, 'Enter networks like 203.0.113.0/24 or single addresses.'),
    )
    .max(50, 'At most 50 networks.')
    .default([]),
  expiresAtMs: z.number().int().nullable().default(null),
})

export interface CreatedManagementKey {
  readonly managementKeyId: string
  /** The whole key: in this answer and never again. */
  readonly text: string
}

/** Makes a key of the management API. People do: a key that could make keys would outlive its own revocation. */
export const createManagementKeyAct = defineAct({
  name: 'create-management-key',
  effect: 'write',
  permission: 'management-key:manage',
  input,
  run: async (act, wanted): Promise<CreatedManagementKey> => {
    if (act.userId === null) throw new AppError('forbidden', { message: 'Management keys are made by people.' })
    if (wanted.expiresAtMs !== null && wanted.expiresAtMs <= act.atMs)
      throw new AppError('invalid_request', { message: 'The expiry lies in the past.', param: 'expiresAtMs' })
    const [pepper] = readEnv().peppers
    const { text, publicPrefix, lastFour } = generateApiKey('manage')
    const { managementKeyId } = await createManagementKey(act.tx, act.orgId, {
      ...wanted,
      secret: { hmac: hmacKey(text, pepper.secret), pepperId: pepper.id, publicPrefix, lastFour },
      createdByUserId: act.userId,
    })
    await act.audit({
      action: 'management-key-created',
      subjectKind: 'management-key',
      subjectId: managementKeyId,
      after: {
        name: wanted.name,
        role: wanted.role,
        shown: `${publicPrefix}…${lastFour}`,
        allowedCidrs: wanted.allowedCidrs,
        expiresAt: wanted.expiresAtMs === null ? null : new Date(wanted.expiresAtMs).toISOString(),
      },
    })
    return { managementKeyId, text }
  },
})
