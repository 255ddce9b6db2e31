import { can } from '@atpar/core/permissions'
import { readOrganizationAct } from '../../acts/organization/read-organization.ts'
import { listMembersAct } from '../../acts/members/list-members.ts'
import { actAs, requireOrganization, type Visit } from '../../auth/guard.ts'
import { readEnv } from '../../env.ts'
import { ROLE_LABELS } from '../../organization/role-labels.ts'
import { Card } from '../../ui/card.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Time } from '../../ui/time.tsx'
import { MembershipCard } from './membership-card.tsx'
import { OrganizationForm } from './organization-form.tsx'

const readHeirs = async (visit: Visit) =>
  can(visit.role, 'organization:transfer')
    ? (await listMembersAct(await actAs(visit), {})).flatMap(({ memberId, name, email }) =>
        memberId === visit.memberId ? [] : [{ memberId, name, email }],
      )
    : null

export const OrganizationSettingsPage = async ({ params }: { readonly params: Promise<{ readonly org: string }> }) => {
  const { org } = await params
  const visit = await requireOrganization(org)
  const organization = await readOrganizationAct(await actAs(visit), {})
  return (
    <>
      {can(visit.role, 'organization:update') && (
        <Card title="Name and address" className="pt-1">
          <OrganizationForm name={organization.name} slug={organization.slug} siteUrl={readEnv().dashboardUrl} />
        </Card>
      )}
      <Card title="About">
        <Facts
          facts={[
            { name: 'Organization', value: organization.name },
            { name: 'Your role', value: ROLE_LABELS[visit.role] },
            { name: 'Since', value: <Time atMs={organization.createdAtMs} style="day" /> },
            { name: 'Id', value: <code className="font-mono text-[13px]">{organization.orgId}</code> },
          ]}
        />
      </Card>
      {visit.support === null && (
        <MembershipCard orgSlug={org} organization={organization.name} heirs={await readHeirs(visit)} />
      )}
    </>
  )
}
