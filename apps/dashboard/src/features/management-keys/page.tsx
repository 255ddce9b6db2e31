import { KeyRound } from 'lucide-react'
import Link from 'next/link'
import type { ManagementKeyState, ManagementKeySummary } from '@atpar/db/management-keys'
import { listManagementKeysAct } from '../../acts/management-keys/list-management-keys.ts'
import { actAs, requirePagePermission } from '../../auth/guard.ts'
import { readEnv } from '../../env.ts'
import { Badge, type BadgeTone } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Time } from '../../ui/time.tsx'
import { CreateManagementKeyDialog } from './create-dialog.tsx'
import { RevokeManagementKeyDialog } from './revoke-dialog.tsx'
import { ROLE_WORDS } from './roles.ts'

const STATES: Readonly<Record<ManagementKeyState, { readonly label: string; readonly tone: BadgeTone } | null>> = {
  active: null,
  revoked: { label: 'Revoked', tone: 'bad' },
  expired: { label: 'Expired', tone: 'neutral' },
  orphaned: { label: 'Stopped: its maker left', tone: 'bad' },
}

const Facts = ({ summary }: { readonly summary: ManagementKeySummary }) => (
  <>
    by {summary.createdByName ?? 'a former member'}, <Time atMs={summary.createdAtMs} style="day" />
    {' · '}
    {summary.lastUsedOn === null ? (
      'never used'
    ) : (
      <>
        last used <Time atMs={Date.parse(summary.lastUsedOn)} style="day" />
      </>
    )}
    {summary.state === 'active' && summary.expiresAtMs !== null && (
      <>
        {' · '}expires <Time atMs={summary.expiresAtMs} style="day" />
      </>
    )}
    {summary.allowedCidrs.length > 0 && ` · only from ${summary.allowedCidrs.join(', ')}`}
  </>
)

const KeyItem = ({ orgSlug, summary }: { readonly orgSlug: string; readonly summary: ManagementKeySummary }) => {
  const state = STATES[summary.state]
  const shown = `${summary.publicPrefix}…${summary.lastFour}`
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-5 py-3.5">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
          {summary.name} <Badge>{ROLE_WORDS[summary.role].label}</Badge>
          {state !== null && <Badge tone={state.tone}>{state.label}</Badge>}
        </p>
        <code className="mt-0.5 block font-mono text-xs break-all text-muted">{shown}</code>
        <p className="mt-0.5 text-[13px] break-words text-muted">
          <Facts summary={summary} />
        </p>
      </div>
      {summary.state !== 'revoked' && (
        <RevokeManagementKeyDialog
          orgSlug={orgSlug}
          managementKeyId={summary.managementKeyId}
          name={summary.name}
          shown={shown}
        />
      )}
    </li>
  )
}

export const ManagementKeysPage = async ({ params }: { readonly params: Promise<{ readonly org: string }> }) => {
  const { org } = await params
  const visit = await requirePagePermission(org, 'management-key:manage')
  const keys = await listManagementKeysAct(await actAs(visit), {})
  return (
    <Card
      flush
      title="Management keys"
      detail={
        <>
          For programs that manage this organization through the{' '}
          <Link href="/docs/api" className="font-medium text-accent underline-offset-2 hover:underline">
            management API
          </Link>
          . They call no model, and they stop when whoever made them leaves.
        </>
      }
      action={<CreateManagementKeyDialog orgSlug={org} dashboardUrl={readEnv().dashboardUrl} />}
    >
      {keys.length === 0 ? (
        <EmptyState icon={<KeyRound />} title="No management keys yet">
          Create one to read usage into your own reports, to hand out keys from your own tools, or to set budgets from a
          script. Each has a role of its own, so a report can read and nothing else.
        </EmptyState>
      ) : (
        <ul className="divide-y">
          {keys.map((summary) => (
            <KeyItem key={summary.managementKeyId} orgSlug={org} summary={summary} />
          ))}
        </ul>
      )}
    </Card>
  )
}
