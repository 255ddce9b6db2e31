import { LifeBuoy } from 'lucide-react'
import Link from 'next/link'
import { can } from '@atpar/core/permissions'
import type { SupportAccess, SupportStanding } from '@atpar/db/support-access'
import { listSupportAccessAct } from '../../acts/support/list-support-access.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { Badge, type BadgeTone } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Time } from '../../ui/time.tsx'
import { AccessButtons } from './access-buttons.tsx'
import { GrantForm } from './grant-form.tsx'

const STANDINGS: Readonly<Record<SupportStanding, { readonly label: string; readonly tone: BadgeTone }>> = {
  requested: { label: 'Asks for access', tone: 'warning' },
  active: { label: 'May look now', tone: 'good' },
  ended: { label: 'Ended', tone: 'neutral' },
  expired: { label: 'Ran out', tone: 'neutral' },
  declined: { label: 'Declined', tone: 'neutral' },
}

const When = ({ access }: { readonly access: SupportAccess }) => {
  const hours = access.hours === 1 ? '1 hour' : `${access.hours} hours`
  if (access.grantedAtMs === null || access.expiresAtMs === null)
    return (
      <>
        asked <Time atMs={access.createdAtMs} /> for {hours}
      </>
    )
  const endMs = access.endedAtMs ?? access.expiresAtMs
  return (
    <>
      <Time atMs={access.grantedAtMs} /> until <Time atMs={endMs} />
    </>
  )
}

const AccessItem = ({
  orgSlug,
  access,
  mayManage,
}: {
  readonly orgSlug: string
  readonly access: SupportAccess
  readonly mayManage: boolean
}) => {
  const standing = STANDINGS[access.standing]
  const isOpen = access.standing === 'active' || access.standing === 'requested'
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3 px-5 py-3.5">
      <div className="min-w-0 flex-1 basis-64">
        <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
          {access.operatorName} <Badge tone={standing.tone}>{standing.label}</Badge>
        </p>
        <p className="mt-0.5 text-sm break-words">{access.reason}</p>
        <p className="mt-0.5 text-[13px] break-words text-muted">
          {access.operatorEmail} · <When access={access} />
        </p>
      </div>
      {mayManage && isOpen && (
        <AccessButtons
          orgSlug={orgSlug}
          accessId={access.accessId}
          operatorName={access.operatorName}
          isRequested={access.standing === 'requested'}
        />
      )}
    </li>
  )
}

export const SupportAccessPage = async ({ params }: { readonly params: Promise<{ readonly org: string }> }) => {
  const { org } = await params
  const visit = await requireOrganization(org)
  const accesses = await listSupportAccessAct(await actAs(visit), {})
  const mayManage = can(visit.role, 'support:manage')
  return (
    <>
      {mayManage && (
        <Card
          title="Let support look"
          detail="One named person, for a day at most. They see usage, requests, keys by name and settings. They change nothing and see no prompt, no key and no credential."
        >
          <GrantForm orgSlug={org} />
        </Card>
      )}
      <Card
        flush
        title="Who was let in"
        detail={
          can(visit.role, 'audit:read') ? (
            <>
              Every page they open is in the{' '}
              <Link
                href={`/${org}/settings/audit-log?actor=support`}
                className="text-accent underline underline-offset-4"
              >
                audit log
              </Link>
              .
            </>
          ) : (
            'Every page they open is in the audit log.'
          )
        }
      >
        {accesses.length === 0 ? (
          <EmptyState icon={<LifeBuoy />} title="Nobody, ever">
            The people who run this service cannot open your organization. When you need help, an owner or an admin lets
            one of them in here.
          </EmptyState>
        ) : (
          <ul className="divide-y">
            {accesses.map((access) => (
              <AccessItem key={access.accessId} orgSlug={org} access={access} mayManage={mayManage} />
            ))}
          </ul>
        )}
      </Card>
    </>
  )
}
