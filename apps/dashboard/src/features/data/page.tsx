import { TriangleAlert } from 'lucide-react'
import { can } from '@atpar/core/permissions'
import { findPendingDeletion } from '@atpar/db/organization-deletion'
import { requirePagePermission } from '../../auth/guard.ts'
import { readTenant } from '../../tenant-read.ts'
import { Banner } from '../../ui/banner.tsx'
import { Card } from '../../ui/card.tsx'
import { Time } from '../../ui/time.tsx'
import { DeleteDialog } from './delete-dialog.tsx'
import { ExportButton } from './export-button.tsx'
import { RestoreButton } from './restore-button.tsx'

export const DataPage = async ({ params }: { readonly params: Promise<{ readonly org: string }> }) => {
  const { org } = await params
  const visit = await requirePagePermission(org, 'organization:export')
  const pending = await readTenant(visit.tenant, ({ tx }) => findPendingDeletion(tx, visit.orgId))
  return (
    <>
      <Card title="Export" detail="Everything of this organization in one archive.">
        <div className="flex flex-wrap items-end justify-between gap-4">
          <p className="max-w-prose text-sm text-muted">
            Members, teams, keys without their secrets, budgets, every usage event, ledger, invoices and the audit log,
            as lines of JSON with a manifest of counts and hashes. Another installation can read it back. Prompts and
            answers are in it where your organization keeps them.
          </p>
          <ExportButton orgSlug={org} />
        </div>
      </Card>
      {can(visit.role, 'organization:delete') && (
        <Card title="Delete this organization" className="border-danger/30">
          {pending === null ? (
            <div className="flex flex-wrap items-end justify-between gap-4">
              <p className="max-w-prose text-sm text-muted">
                Stops every key at once and, after 7 days in which an owner can change their mind, erases who you were.
                Export first what you want to keep.
              </p>
              <DeleteDialog orgSlug={org} name={visit.organization.name} />
            </div>
          ) : (
            <div className="space-y-4">
              <Banner tone="danger" icon={<TriangleAlert aria-hidden />}>
                All keys are stopped. Everything that can be erased is erased on <Time atMs={pending.dueAtMs} />.
              </Banner>
              <div className="flex justify-end">
                <RestoreButton orgSlug={org} />
              </div>
            </div>
          )}
        </Card>
      )}
    </>
  )
}
