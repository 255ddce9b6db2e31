import { can } from '@atpar/core/permissions'
import { readContentPolicyAct } from '../../acts/content/read-content-policy.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { describeDays } from './describe-days.ts'
import { PolicyButton } from './policy-button.tsx'

export const ContentSettingsPage = async ({ params }: { readonly params: Promise<{ readonly org: string }> }) => {
  const { org } = await params
  const visit = await requireOrganization(org)
  const policy = await readContentPolicyAct(await actAs(visit), {})
  const mayChange = can(visit.role, 'content:manage')
  const rows = [
    {
      teamId: null,
      name: visit.organization.name,
      detail: 'Every team without a choice of its own',
      days: policy.days,
    },
    ...policy.teams.map((team) => ({ ...team, detail: 'Team' })),
  ]
  return (
    <>
      <Card title="How long prompts and answers are kept" detail="Unless somebody chooses otherwise, not at all." flush>
        <ul className="divide-y">
          {rows.map(({ teamId, name, detail, days }) => (
            <li key={teamId ?? 'organization'} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 py-3.5">
              <div className="min-w-0 flex-1">
                <p className="truncate text-sm font-medium">{name}</p>
                <p className="text-[13px] text-muted">
                  {days === null ? `As the organization: ${describeDays(policy.days).toLowerCase()}` : detail}
                </p>
              </div>
              <Badge tone={(days ?? policy.days) === 0 ? 'neutral' : 'info'}>{describeDays(days ?? policy.days)}</Badge>
              {mayChange && (
                <PolicyButton orgSlug={org} teamId={teamId} name={name} days={days} organizationDays={policy.days} />
              )}
            </li>
          ))}
        </ul>
      </Card>
      <Card title="What keeping means">
        <div className="max-w-prose space-y-3 text-sm leading-relaxed text-muted">
          <p>
            The words of a request and of its answer, at most 65,536 characters of each, are sealed for this
            organization by the gateway, which alone can open them. Pictures, sounds and files are never kept. Owners
            and admins read them on a request’s page, and each reading is in the audit log.
          </p>
          <p>
            Three things hold an answer for a short time whatever is chosen here, because a caller asks for them: an{' '}
            <code className="font-mono text-[13px]">Idempotency-Key</code> for ten minutes, the response cache for as
            long as the request or a guardrail says (a day at most), both sealed by the caller’s own key; and{' '}
            <code className="font-mono text-[13px]">store</code> of the responses format, with which the provider, not
            we, keeps the answer. Send <code className="font-mono text-[13px]">store: false</code> to have it kept
            nowhere.
          </p>
        </div>
      </Card>
    </>
  )
}
