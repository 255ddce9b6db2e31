import type { JsonObject } from '@atpar/core/json'
import type { KeySummary } from '@atpar/db/api-keys'

/** For the record of acts: what the key is and may do, by the parts of its text that are no secret. */
export const describeKey = (key: KeySummary): JsonObject => ({
  name: key.name,
  kind: key.kind,
  memberId: key.memberId,
  teamId: key.teamId,
  shown: `${key.publicPrefix}…${key.lastFour}`,
  labels: [...key.labels],
  allowedModels: [...key.allowedModels],
  allowedEndpoints: [...key.allowedEndpoints],
  allowedRoutes: [...key.allowedRoutes],
  allowedCidrs: [...key.allowedCidrs],
  expiresAt: key.expiresAtMs === null ? null : new Date(key.expiresAtMs).toISOString(),
})
