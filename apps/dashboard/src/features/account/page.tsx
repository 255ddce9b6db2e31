import Link from 'next/link'
import { readOrganizations, requireUser } from '../../auth/guard.ts'
import { IDENTITY_PROBLEM_TEXTS, isIdentityProblem } from '../../auth/identity-problems.ts'
import { ROLE_LABELS } from '../../organization/role-labels.ts'
import { Badge } from '../../ui/badge.tsx'
import { Banner } from '../../ui/banner.tsx'
import { Card } from '../../ui/card.tsx'
import { Facts } from '../../ui/facts.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Time } from '../../ui/time.tsx'
import { VerifyEmailReminder } from './account-forms.tsx'
import { AccountFrame } from './account-frame.tsx'
import { DeleteAccount } from './delete-account.tsx'
import { readAccount } from './queries.ts'
import { SecurityLog } from './security-log.tsx'
import { SessionList } from './session-list.tsx'
import { SignInCard } from './sign-in-card.tsx'
import { SignOutButton } from './sign-out-button.tsx'

interface AccountPageProps {
  readonly searchParams: Promise<{ problem?: string | string[] }>
}

export const AccountPage = async ({ searchParams }: AccountPageProps) => {
  const session = await requireUser()
  const [account, organizations, { problem }] = await Promise.all([
    readAccount(session.userId),
    readOrganizations(session.userId),
    searchParams,
  ])
  return (
    <AccountFrame>
      <PageHeader title="Account" action={<SignOutButton />} />
      {isIdentityProblem(problem) && (
        <Banner tone="danger" isAlert>
          {IDENTITY_PROBLEM_TEXTS[problem]}
        </Banner>
      )}
      {!session.isEmailVerified && <VerifyEmailReminder email={session.email} />}
      <Card title="Profile">
        <Facts
          facts={[
            { name: 'Name', value: session.name },
            { name: 'E-mail', value: session.email },
            { name: 'Member since', value: <Time atMs={account.createdAtMs} style="day" /> },
          ]}
        />
      </Card>
      <SignInCard session={session} identities={account.identities} />
      <SessionList sessions={account.sessions} ownSessionId={session.sessionId} />
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
      <SecurityLog events={account.events} />
      <DeleteAccount email={session.email} />
    </AccountFrame>
  )
}
