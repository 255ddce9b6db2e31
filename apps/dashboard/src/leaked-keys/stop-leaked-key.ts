import { parseApiKey } from '@atpar/core/api-key'
import { findKey, revokeKey, type KeySummary } from '@atpar/db/api-keys'
import { recordAudit } from '@atpar/db/audit-log'
import { endFormerSecrets, findLeakedKey, type LeakedKey } from '@atpar/db/key-secrets'
import { listMembers } from '@atpar/db/members'
import { readOrganization } from '@atpar/db/organizations'
import { withTenant } from '@atpar/db/tenant'
import { readDeps } from '../deps.ts'
import { readEnv } from '../env.ts'
import { stopLeakedManagementKey } from './stop-leaked-management-key.ts'
import { tellOfLeak, type LeakNotice } from './tell-of-leak.ts'

interface Stopped {
  readonly key: KeySummary
  readonly orgSlug: string
  readonly addresses: readonly string[]
}

/** What had stopped already when the row was locked is left as it is. */
const stopInTenant = ({ orgId, keyId, formerId }: LeakedKey): Promise<Stopped | null> => {
  const { db, nowMs } = readDeps()
  return withTenant(db, { orgId, userId: null }, async (tx) => {
    const key = await findKey(tx, orgId, { keyId, atMs: nowMs() })
    if (key === null) return null
    const isStopped =
      formerId === null
        ? await revokeKey(tx, orgId, { keyId, reason: 'leaked' })
        : (await endFormerSecrets(tx, orgId, { keyId, formerId, isLeaked: true })) > 0
    if (!isStopped) return null
    await recordAudit(tx, orgId, {
      actorUserId: null,
      action: formerId === null ? 'key-revoked-as-leaked' : 'key-former-secret-ended-as-leaked',
      subjectKind: 'key',
      subjectId: keyId,
      before: { name: key.name },
    })
    const organization = await readOrganization(tx, orgId)
    const members = await listMembers(tx, orgId)
    const concerned = members.filter(
      (member) =>
        member.memberId === key.memberId ||
        member.role === 'owner' ||
        member.role === 'admin' ||
        member.teams.some((team) => team.teamId === key.teamId && team.role === 'team_admin'),
    )
    return { key, orgSlug: organization?.slug ?? '', addresses: concerned.map((member) => member.email) }
  })
}

const describeStop = ({ key, orgSlug, addresses }: Stopped, isFormer: boolean): LeakNotice => {
  const what = isFormer ? `A former secret of the key "${key.name}"` : `The key "${key.name}"`
  return {
    keyId: key.keyId,
    addresses,
    subject: `${what} was found in public and is stopped`,
    text: `${what} of ${key.memberName ?? `the team ${key.teamName ?? ''}`} was reported as found in public. It was stopped at once: requests with it are refused.\n\n${
      isFormer
        ? 'The present secret of the key works on.'
        : 'Create a new key, replace it where it was used, and look at what it was used for.'
    }\n\n${readEnv().dashboardUrl}/${orgSlug}/keys/${key.keyId}\n`,
  }
}

/** Stops what this secret opens, at once, on record, and tells its holder and the admins. Nothing happens for one that opens nothing. */
export const stopLeakedKey = async (text: string): Promise<void> => {
  const { db, hashKey, announceChange } = readDeps()
  const isOfManagement = parseApiKey(text)?.mode === 'manage'
  for (const hmac of hashKey(text)) {
    if (isOfManagement) {
      if (await stopLeakedManagementKey(hmac)) return
      continue
    }
    const leaked = await findLeakedKey(db, hmac)
    if (leaked === null) continue
    const stopped = await stopInTenant(leaked)
    if (stopped === null) return
    await announceChange()
    await tellOfLeak(describeStop(stopped, leaked.formerId !== null))
    return
  }
}
