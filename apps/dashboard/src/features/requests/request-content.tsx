import Link from 'next/link'
import { can, type ActingRole } from '@atpar/core/permissions'
import type { ContentState } from '@atpar/db/content-policies'
import { Card } from '../../ui/card.tsx'
import { ContentCard } from './content-card.tsx'

interface RequestContentProps {
  readonly orgSlug: string
  readonly requestId: string
  readonly role: ActingRole
  readonly state: ContentState
}

/** What was said, for those who may read it; for everyone else a sentence why it is not here. */
export const RequestContent = ({ orgSlug, requestId, role, state }: RequestContentProps) => {
  if (state.keptUntilMs !== null && can(role, 'content:read'))
    return <ContentCard orgSlug={orgSlug} requestId={requestId} keptUntilMs={state.keptUntilMs} />
  return (
    <Card title="Prompt and answer">
      <p className="text-sm text-muted">
        {state.keptUntilMs !== null
          ? 'They are kept for a while, sealed. Only owners and admins of your organization can open them.'
          : state.days === 0
            ? 'Not stored: your organization keeps no prompts and no answers of such requests.'
            : `Not stored: they are kept for ${state.days} days now, but this request is older than that or than the choice.`}{' '}
        {can(role, 'content:manage') && (
          <Link
            href={`/${orgSlug}/settings/content`}
            className="underline decoration-line-strong underline-offset-4 hover:decoration-ink"
          >
            Change what is kept
          </Link>
        )}
      </p>
    </Card>
  )
}
