import type { KeySummary, RevokedReason } from '@atpar/db/api-keys'
import { Badge } from '../../ui/badge.tsx'

const REASONS: Readonly<Record<RevokedReason, string>> = {
  revoked: 'Revoked',
  rotated: 'Rotated',
  leaked: 'Leaked',
  'member-removed': 'Member left',
  'team-archived': 'Team archived',
  'organization-deleted': 'Organization deleted',
}

/** Why a key is refused; nothing for one that works. */
export const KeyStatus = ({
  apiKey,
  nowMs,
}: {
  readonly apiKey: Pick<KeySummary, 'status' | 'revokedReason' | 'expiresAtMs'>
  readonly nowMs: number
}) => {
  if (apiKey.status === 'revoked')
    return <Badge tone="bad">{apiKey.revokedReason === null ? 'Revoked' : REASONS[apiKey.revokedReason]}</Badge>
  if (apiKey.expiresAtMs !== null && apiKey.expiresAtMs <= nowMs) return <Badge tone="bad">Expired</Badge>
  return null
}
