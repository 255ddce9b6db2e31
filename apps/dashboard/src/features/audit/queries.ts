import { listAuditFacets, type AuditFacets } from '@atpar/db/audit-log'
import { listAuditAct, type AuditListing } from '../../acts/audit/list-audit.ts'
import { actAs, type Visit } from '../../auth/guard.ts'
import { readTenant } from '../../tenant-read.ts'
import { toFilter, type AuditQuery } from './query-string.ts'

const PAGE_SIZE = 50

export interface AuditView extends AuditListing {
  readonly facets: AuditFacets
}

export const readAudit = async (visit: Visit, query: AuditQuery): Promise<AuditView> => {
  const listing = await listAuditAct(await actAs(visit), { ...toFilter(query), limit: PAGE_SIZE })
  const facets = await readTenant(visit.tenant, ({ tx }) => listAuditFacets(tx, visit.orgId))
  return { ...listing, facets }
}
