import { readSecurityAct } from '../../acts/organization/read-security.ts'
import { actAs, requirePagePermission } from '../../auth/guard.ts'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { PolicyForm } from './policy-form.tsx'

export const SecuritySettingsPage = async ({ params }: { readonly params: Promise<{ readonly org: string }> }) => {
  const { org } = await params
  const visit = await requirePagePermission(org, 'security:manage')
  const { requireTwoFactor } = await readSecurityAct(await actAs(visit), {})
  return (
    <Card
      title="Two-factor authentication"
      action={requireTwoFactor ? <Badge tone="good">Required</Badge> : <Badge>Not required</Badge>}
    >
      <div className="space-y-4">
        <p className="text-sm leading-relaxed text-muted">
          {requireTwoFactor
            ? 'Members without it see nothing of this organization until they set it up. Their keys go on working.'
            : 'When you require it, members without it see nothing of this organization until they set it up, from their next page on. Their keys go on working.'}
        </p>
        <PolicyForm orgSlug={org} isRequired={requireTwoFactor} />
      </div>
    </Card>
  )
}
