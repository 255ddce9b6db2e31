import { ShieldCheck } from 'lucide-react'
import Link from 'next/link'
import { NO_POLICY } from '@atpar/core/guardrails'
import { can } from '@atpar/core/permissions'
import { listGuardedRequestsAct } from '../../acts/guardrails/list-guarded-requests.ts'
import { listGuardrailLevelsAct } from '../../acts/guardrails/list-guardrail-levels.ts'
import { listGuardrailsAct, type GuardrailView } from '../../acts/guardrails/list-guardrails.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { orNotFound } from '../../auth/or-not-found.ts'
import { describeHolder } from '../../limits/limit-words.ts'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { ConfirmButton } from '../../ui/confirm-button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { removeGuardrailAction } from './actions.ts'
import { FoundCard } from './found-card.tsx'
import { GuardrailDialog } from './guardrail-dialog.tsx'
import { TryCard } from './try-card.tsx'
import { describePolicy } from './words.ts'

const SHOWN_REQUESTS = 10

const GuardrailItem = ({ orgSlug, guardrail }: { readonly orgSlug: string; readonly guardrail: GuardrailView }) => {
  const { scope, scopeId, holderName: name, policy } = guardrail
  const holder = describeHolder({ scope, name })
  const parts = describePolicy(policy)
  return (
    <li className="px-5 py-3.5" aria-label={holder}>
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-1">
        <p className="min-w-0 text-sm font-medium break-words first-letter:uppercase">{holder}</p>
        {guardrail.mayManage && (
          <div className="-mx-3 -my-1 flex">
            <GuardrailDialog orgSlug={orgSlug} levels={[{ scope, scopeId, name }]} policy={policy} edited={holder} />
            <ConfirmButton
              label="Remove"
              spokenLabel={`Remove the guardrail of ${holder}`}
              title={`Remove the guardrail of ${holder}?`}
              consequence="Within seconds, requests below it are bound only by the guardrails of the levels above. What it found stays on record."
              confirmLabel="Remove guardrail"
              pendingLabel="Removing…"
              keepLabel="Keep it"
              action={removeGuardrailAction.bind(null, { orgSlug, guardrailId: guardrail.id })}
            />
          </div>
        )}
      </div>
      <p className="mt-1.5 flex flex-wrap gap-1.5">
        {parts.length === 0 && <Badge>Does nothing yet</Badge>}
        {parts.map(({ text, tone }) => (
          <Badge key={text} tone={tone}>
            {text}
          </Badge>
        ))}
      </p>
    </li>
  )
}

export const GuardrailsPage = async ({ params }: { readonly params: Promise<{ readonly org: string }> }) => {
  const { org } = await params
  const visit = await requireOrganization(org)
  const context = await actAs(visit)
  const [guardrails, levels] = await Promise.all([
    orNotFound(listGuardrailsAct(context, {})),
    orNotFound(listGuardrailLevelsAct(context, {})),
  ])
  const requests = can(visit.role, 'request:read:own')
    ? await orNotFound(listGuardedRequestsAct(context, { limit: SHOWN_REQUESTS }))
    : null
  const isSet = (level: { readonly scope: string; readonly scopeId: string }): boolean =>
    guardrails.some(({ scope, scopeId }) => scope === level.scope && scopeId === level.scopeId)
  const free = levels.filter((level) => level.mayManage && !isSet(level))
  const add = free.length > 0 && <GuardrailDialog orgSlug={org} levels={free} policy={NO_POLICY} />
  return (
    <>
      {guardrails.length === 0 ? (
        <Card flush>
          <EmptyState
            icon={<ShieldCheck />}
            title="Nothing is looked for yet"
            {...(add === false ? {} : { action: add })}
          >
            A guardrail notes, blacks out or refuses what requests must not hold: personal data, credentials, your own
            terms, attempts to override instructions. It also bounds models and the length of answers.{' '}
            {add === false && 'An admin can set one. '}
            <Link href="/docs/guardrails" className="underline underline-offset-4 hover:text-ink">
              What is looked at on each endpoint
            </Link>
          </EmptyState>
        </Card>
      ) : (
        <>
          <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
            <p className="max-w-md text-[13px] leading-relaxed text-muted">
              Of all levels above a key the stricter rule wins: nobody below loosens what was set above.{' '}
              <Link href="/docs/guardrails" className="underline underline-offset-4 hover:text-ink">
                What is looked at on each endpoint
              </Link>
            </p>
            {add}
          </div>
          <Card flush title="Guardrails" detail="Set by admins, and by team admins for their team and below.">
            <ul className="divide-y">
              {guardrails.map((guardrail) => (
                <GuardrailItem key={guardrail.id} orgSlug={org} guardrail={guardrail} />
              ))}
            </ul>
          </Card>
          <TryCard orgSlug={org} levels={levels} />
          {requests !== null && <FoundCard orgSlug={org} requests={requests} />}
        </>
      )}
    </>
  )
}
