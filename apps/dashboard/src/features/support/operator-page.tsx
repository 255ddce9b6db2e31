import { LifeBuoy } from 'lucide-react'
import { cookies } from 'next/headers'
import { notFound } from 'next/navigation'
import { listSupportVisits } from '@atpar/db/support-access'
import { withActor } from '@atpar/db/tenant'
import { requireUser } from '../../auth/guard.ts'
import { readDeps } from '../../deps.ts'
import { Badge } from '../../ui/badge.tsx'
import { LinkButton } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Footer } from '../../ui/footer.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { PublicHeader } from '../../ui/public-header.tsx'
import { readTheme, THEME_COOKIE } from '../../ui/theme.ts'
import { Time } from '../../ui/time.tsx'
import { RequestForm } from './request-form.tsx'

/** For the platform's staff: what they asked to see and what they may see now. To everybody else it does not exist. */
export const OperatorPage = async () => {
  const session = await requireUser()
  if (!session.isOperator) notFound()
  const [visits, cookieStore] = await Promise.all([
    withActor(readDeps().db, session.userId, (tx) => listSupportVisits(tx)),
    cookies(),
  ])
  return (
    <>
      <PublicHeader theme={readTheme(cookieStore.get(THEME_COOKIE)?.value)} isSignedIn />
      <main id="content" className="mx-auto w-full max-w-3xl flex-1 space-y-4 px-5 py-10">
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
                        <Badge tone="warning">waiting</Badge>
                      ) : (
                        <Badge tone="good">
                          until <Time atMs={visit.expiresAtMs} />
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
      </main>
      <Footer />
    </>
  )
}
