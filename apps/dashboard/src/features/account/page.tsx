import { Laptop } from 'lucide-react'
import Link from 'next/link'
import { cookies } from 'next/headers'
import { readOrganizations, requireUser } from '../../auth/guard.ts'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Footer } from '../../ui/footer.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { PublicHeader } from '../../ui/public-header.tsx'
import { readTheme, THEME_COOKIE } from '../../ui/theme.ts'
import { Time } from '../../ui/time.tsx'
import { describeDevice } from './device.ts'
import { readAccount } from './queries.ts'
import { RevokeSessionButton } from './revoke-session-button.tsx'
import { SignOutButton } from './sign-out-button.tsx'

const ROLE_LABELS = {
  owner: 'Owner',
  admin: 'Admin',
  billing: 'Billing',
  developer: 'Developer',
  viewer: 'Viewer',
} as const

export const AccountPage = async () => {
  const session = await requireUser()
  const [account, organizations, cookieStore] = await Promise.all([
    readAccount(session.userId),
    readOrganizations(session.userId),
    cookies(),
  ])
  return (
    <>
      <PublicHeader theme={readTheme(cookieStore.get(THEME_COOKIE)?.value)} isSignedIn />
      <main id="content" className="mx-auto w-full max-w-3xl flex-1 space-y-4 px-5 py-10">
        <PageHeader title="Account" action={<SignOutButton />} />
        <Card title="Profile">
          <Facts
            facts={[
              { name: 'Name', value: session.name },
              { name: 'E-mail', value: session.email },
              { name: 'Member since', value: <Time atMs={account.createdAtMs} style="day" /> },
            ]}
          />
        </Card>
        <Card flush title="Organizations">
          <ul className="divide-y">
            {organizations.map((organization) => (
              <li key={organization.orgId} className="flex items-center justify-between px-5 py-3">
                <Link href={`/${organization.slug}`} className="font-medium underline-offset-4 hover:underline">
                  {organization.name}
                </Link>
                <Badge>{ROLE_LABELS[organization.role]}</Badge>
              </li>
            ))}
            <li className="px-5 py-3">
              <Link href="/new-organization" className="text-accent underline-offset-4 hover:underline">
                New organization
              </Link>
            </li>
          </ul>
        </Card>
        <Card flush title="Sessions" detail="Where you are logged in. Revoking one logs that device out at once.">
          <ul className="divide-y">
            {account.sessions.map((listed) => (
              <li key={listed.sessionId} className="flex items-center justify-between gap-4 px-5 py-3">
                <div className="flex min-w-0 items-center gap-3">
                  <Laptop className="size-5 shrink-0 text-muted" aria-hidden />
                  <div className="min-w-0">
                    <p className="flex flex-wrap items-center gap-2 font-medium">
                      {describeDevice(listed.userAgent)}
                      {listed.sessionId === session.sessionId && <Badge tone="good">This device</Badge>}
                    </p>
                    <p className="truncate text-[13px] text-muted">
                      {listed.ip !== null && <>{listed.ip} · </>}since <Time atMs={listed.createdAtMs} />
                    </p>
                  </div>
                </div>
                {listed.sessionId !== session.sessionId && (
                  <RevokeSessionButton
                    sessionId={listed.sessionId}
                    label={`Revoke the session of ${describeDevice(listed.userAgent)}`}
                  />
                )}
              </li>
            ))}
          </ul>
        </Card>
      </main>
      <Footer />
    </>
  )
}
