import { LifeBuoy } from 'lucide-react'
import { listSupportVisits } from '@atpar/db/support-access'
import { withActor } from '@atpar/db/tenant'
import { readDeps } from '../../deps.ts'
import { OperatorFrame } from '../../operator/operator-frame.tsx'
import { requireOperator } from '../../operator/require-operator.ts'
import { Badge } from '../../ui/badge.tsx'
import { LinkButton } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Time } from '../../ui/time.tsx'
import { RequestForm } from './request-form.tsx'

/** For the platform's staff: what they asked to see and what they may see now. To everybody else it does not exist. */
export const OperatorPage = async () => {
  const session = await requireOperator()
  const visits = await withActor(readDeps().db, session.userId, (tx) => listSupportVisits(tx))
  return (
    <OperatorFrame>
      <PageHeader
        title="Support visits"
        detail="An organization opens only when its owner or an admin says so. You read, and each page you open is on their record."
      />
      <Card title="Ask for access">
        <RequestForm />
      </Card>
      <Card flush title="Open">
        {visits.length === 0 ? (
          <EmptyState icon={<LifeBuoy />} title="Nothing open">
            What you ask for waits here until the organization answers.
          </EmptyState>
        ) : (
          <ul className="divide-y">
            {visits.map((visit) => (
              <li key={visit.accessId} className="flex items-center justify-between gap-4 px-5 py-3.5">
                <div className="min-w-0">
                  <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
                    {visit.name}
                    {visit.expiresAtMs === null ? (
                      <Badge tone="warning">Waiting</Badge>
                    ) : (
                      <Badge tone="good">
                        Until <Time atMs={visit.expiresAtMs} />
                      </Badge>
                    )}
                  </p>
                  <p className="mt-0.5 text-[13px] break-words text-muted">{visit.reason}</p>
                </div>
                {visit.expiresAtMs !== null && (
                  <LinkButton href={`/${visit.slug}`} prefetch={false} size="small" tone="secondary">
                    Open
                  </LinkButton>
                )}
              </li>
            ))}
          </ul>
        )}
      </Card>
    </OperatorFrame>
  )
}
