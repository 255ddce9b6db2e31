import Link from 'next/link'
import type { GuardedRequest } from '@atpar/db/guard-findings'
import { Card } from '../../ui/card.tsx'
import { Time } from '../../ui/time.tsx'
import { nameRule } from './words.ts'

interface FoundCardProps {
  readonly orgSlug: string
  readonly requests: readonly GuardedRequest[]
}

/** Requests in which something was found, the newest first. */
export const FoundCard = ({ orgSlug, requests }: FoundCardProps) => (
  <Card
    flush
    title="Found lately"
    detail="In the last thousand requests. One that was refused left no request: its caller was told."
  >
    {requests.length === 0 ? (
      <p className="px-5 py-4 text-[13px] text-muted">Nothing was found in them.</p>
    ) : (
      <ul className="divide-y">
        {requests.map(({ requestId, startedAtMs, modelId, keyName, steps }) => (
          <li key={requestId} className="px-5 py-3 text-sm">
            <p className="break-words">
              {steps.map(({ offeringId, reason }) => `${nameRule(offeringId)}: ${reason}`).join(' · ')}
            </p>
            <p className="mt-0.5 text-[13px] break-words text-muted">
              <Link href={`/${orgSlug}/requests/${requestId}`} className="underline underline-offset-4 hover:text-ink">
                <Time atMs={startedAtMs} />
              </Link>{' '}
              · {modelId}
              {keyName !== null && ` · key ${keyName}`}
            </p>
          </li>
        ))}
      </ul>
    )}
  </Card>
)
