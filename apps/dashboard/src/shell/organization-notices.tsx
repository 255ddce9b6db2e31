import { CircleAlert, Eye, LifeBuoy, TriangleAlert } from 'lucide-react'
import Link from 'next/link'
import type { DunningStage } from '@atpar/core/dunning'
import { can } from '@atpar/core/permissions'
import { readCreditStanding } from '@atpar/db/credit'
import { findPendingDeletion } from '@atpar/db/organization-deletion'
import { listOpenSupportAccess } from '@atpar/db/support-access'
import type { Visit } from '../auth/guard.ts'
import { readTenant } from '../tenant-read.ts'
import { Banner } from '../ui/banner.tsx'
import { Time } from '../ui/time.tsx'

/** What an unpaid invoice has led to so far; paying it undoes all of it within seconds. */
const DUNNING_WORDS: Readonly<Record<Exclude<DunningStage, 'none'>, string>> = {
  notice: 'An invoice could not be charged.',
  no_new_keys: 'An invoice is overdue, so no new keys can be made.',
  line_halved: 'An invoice is overdue: no new keys, and half of the credit line.',
  suspended: 'An invoice is overdue, so calls are refused. Pages, usage and exports stay open.',
  uncollectible: 'An unpaid invoice was given up, so calls stay refused until it is paid.',
}

const LINK = 'font-medium underline underline-offset-4'

const SupportNotices = async ({ visit }: { readonly visit: Visit }) => {
  const { open, pending, stage } = await readTenant(visit.tenant, async ({ tx }) => ({
    pending: visit.organization.status === 'suspended' ? await findPendingDeletion(tx, visit.orgId) : null,
    open: await listOpenSupportAccess(tx, visit.orgId),
    stage: (await readCreditStanding(tx, visit.orgId)).stage,
  }))
  const mayManage = can(visit.role, 'support:manage')
  const href = `/${visit.organization.slug}/settings/support`
  const notices = open.map((access) => {
    if (access.standing === 'active' && access.expiresAtMs !== null)
      return (
        <Banner key={access.accessId} tone="warning" icon={<Eye aria-hidden />}>
          {access.operatorName} of support may look at this organization until <Time atMs={access.expiresAtMs} />.{' '}
          <Link href={href} className={LINK}>
            {mayManage ? 'See or end it' : 'Why'}
          </Link>
        </Banner>
      )
    return (
      mayManage && (
        <Banner key={access.accessId} tone="info" icon={<LifeBuoy aria-hidden />}>
          {access.operatorName} of support asks to look at this organization.{' '}
          <Link href={href} className={LINK}>
            Answer
          </Link>
        </Banner>
      )
    )
  })
  return (
    <>
      {pending !== null && (
        <Banner tone="danger" icon={<TriangleAlert aria-hidden />}>
          This organization is being deleted: its keys are stopped, and on <Time atMs={pending.dueAtMs} style="day" />{' '}
          it is erased.{' '}
          {can(visit.role, 'organization:delete') ? (
            <Link href={`/${visit.organization.slug}/settings/data`} className={LINK}>
              Restore it
            </Link>
          ) : (
            'An owner can still restore it.'
          )}
        </Banner>
      )}
      {stage !== 'none' && (
        <Banner
          tone={stage === 'notice' ? 'warning' : 'danger'}
          icon={stage === 'notice' ? <CircleAlert aria-hidden /> : <TriangleAlert aria-hidden />}
        >
          {DUNNING_WORDS[stage]}{' '}
          {can(visit.role, 'invoice:read') ? (
            <Link href={`/${visit.organization.slug}/settings/billing`} className={LINK}>
              {can(visit.role, 'payment:manage') ? 'Pay it' : 'See it'}
            </Link>
          ) : (
            'An owner or a billing member can pay it.'
          )}
        </Banner>
      )}
      {notices}
    </>
  )
}

/** What everyone in the organization has to know whatever page they are on. */
export const OrganizationNotices = ({ visit }: { readonly visit: Visit }) => (
  <div className="mx-auto flex w-full max-w-6xl flex-col gap-2 px-5 pt-4 empty:hidden lg:px-8">
    {visit.support?.expiresAtMs != null ? (
      <Banner tone="warning" icon={<Eye aria-hidden />}>
        You look at {visit.organization.name} as support, reading only, until <Time atMs={visit.support.expiresAtMs} />.
        Every page you open is on its record.
      </Banner>
    ) : (
      <SupportNotices visit={visit} />
    )}
  </div>
)
