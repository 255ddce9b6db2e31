import { recordAudit } from '@atpar/db/audit-log'
import { findManagementKey, revokeManagementKey, type FoundManagementKey } from '@atpar/db/management-keys'
import { listMembers } from '@atpar/db/members'
import { readOrganization } from '@atpar/db/organizations'
import { withTenant } from '@atpar/db/tenant'
import { readDeps } from '../deps.ts'
import { readEnv } from '../env.ts'
import { tellOfLeak, type LeakNotice } from './tell-of-leak.ts'

const stopInTenant = ({ orgId, managementKeyId }: FoundManagementKey): Promise<LeakNotice | null> =>
  withTenant(readDeps().db, { orgId, userId: null }, async (tx) => {
    const revoked = await revokeManagementKey(tx, orgId, managementKeyId)
    // Somebody else was faster.
    if (revoked === null) return null
    await recordAudit(tx, orgId, {
      actorUserId: null,
      action: 'management-key-revoked-as-leaked',
      subjectKind: 'management-key',
      subjectId: managementKeyId,
      before: { name: revoked.name },
    })
    const organization = await readOrganization(tx, orgId)
    const members = await listMembers(tx, orgId)
    const what = `The management key "${revoked.name}"`
    return {
      keyId: managementKeyId,
      addresses: members.filter(({ role }) => role === 'owner' || role === 'admin').map(({ email }) => email),
      subject: `${what} was found in public and is stopped`,
      text: `${what} was reported as found in public. It was stopped at once: calls of the management API with it are refused.\n\nLook in the audit log at what it was used for, and create a new one.\n\n${readEnv().dashboardUrl}/${organization?.slug ?? ''}/settings/management-keys\n`,
    }
  })

/** Stops a management key that works, at once, on record, and tells the owners and admins. @returns false when none has this hash. */
export const stopLeakedManagementKey = async (hmac: Uint8Array): Promise<boolean> => {
  const found = await findManagementKey(readDeps().db, hmac)
  if (found === null) return false
  const notice = found.state === 'active' ? await stopInTenant(found) : null
  if (notice !== null) await tellOfLeak(notice)
  return true
}
