import { UsersRound } from 'lucide-react'
import type { ReactNode } from 'react'
import type { FoundInvitation } from '@atpar/db/invitations'
import { ROLE_HINTS, ROLE_LABELS, TEAM_ROLE_LABELS } from '../../organization/role-labels.ts'
import { Banner } from '../../ui/banner.tsx'
import { LinkButton } from '../../ui/button.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Time } from '../../ui/time.tsx'
import { AcceptForm } from './accept-form.tsx'
import { readJoin, type JoinView } from './queries.ts'
import { SwitchAccountButton } from './switch-account-button.tsx'

const Frame = ({ title, children }: { readonly title: string; readonly children: ReactNode }) => (
  <div className="flex flex-1 items-center justify-center px-5 py-14">
    <div className="w-full max-w-md">
      <span
        className="flex size-11 items-center justify-center rounded-xl border bg-surface text-accent [&_svg]:size-5"
        aria-hidden
      >
        <UsersRound />
      </span>
      <h1 className="mt-5 text-2xl font-semibold tracking-tight break-words">{title}</h1>
      <div className="mt-2 space-y-5 leading-relaxed">{children}</div>
    </div>
  </div>
)

const Terms = ({ invitation }: { readonly invitation: FoundInvitation }) => (
  <div className="rounded-xl border bg-surface px-5 py-4">
    <Facts
      facts={[
        {
          name: 'Your role',
          value: (
            <>
              {ROLE_LABELS[invitation.role]}
              <span className="block text-[13px] text-muted">{ROLE_HINTS[invitation.role]}</span>
            </>
          ),
        },
        ...(invitation.teamName === null
          ? []
          : [
              {
                name: 'Team',
                value: `${invitation.teamName}${invitation.teamRole === 'team_admin' ? ` (${TEAM_ROLE_LABELS.team_admin.toLowerCase()})` : ''}`,
              },
            ]),
        { name: 'For', value: invitation.email },
        { name: 'Until', value: <Time atMs={invitation.expiresAtMs} /> },
      ]}
    />
  </div>
)

const OVER = {
  used: 'This invitation was used already. If that was you, log in; otherwise ask for a new one.',
  revoked: 'This invitation was withdrawn. If you still should join, ask for a new one.',
} as const

const Offer = ({ view, token }: { readonly view: JoinView; readonly token: string }) => {
  const next = `/join/${encodeURIComponent(token)}`
  switch (view.kind) {
    case 'unknown':
      return (
        <>
          <p className="text-muted">
            Nobody was sent this link, or a newer mail replaced it: if you have one, use the link in that.
          </p>
          <LinkButton href="/" tone="secondary">
            Go to the start page
          </LinkButton>
        </>
      )
    case 'over':
      return (
        <>
          <p className="text-muted">
            {view.state === 'expired' ? (
              <>
                This invitation expired on <Time atMs={view.invitation.expiresAtMs} style="day" />. Ask{' '}
                {view.invitation.invitedByName} to send it again.
              </>
            ) : (
              OVER[view.state]
            )}
          </p>
          <LinkButton href="/log-in" tone="secondary">
            Log in
          </LinkButton>
        </>
      )
    case 'member':
      return (
        <>
          <p className="text-muted">You are a member already.</p>
          <LinkButton href={`/${view.invitation.orgSlug}`}>Open {view.invitation.orgName}</LinkButton>
        </>
      )
    case 'stranger':
      return (
        <>
          <Terms invitation={view.invitation} />
          <div className="flex flex-col gap-2">
            <LinkButton
              href={`/sign-up?next=${encodeURIComponent(next)}&email=${encodeURIComponent(view.invitation.email)}`}
            >
              Create an account
            </LinkButton>
            <LinkButton href={`/log-in?next=${encodeURIComponent(next)}`} tone="secondary">
              Log in to an account you have
            </LinkButton>
          </div>
        </>
      )
    case 'other-account':
      return (
        <>
          <Terms invitation={view.invitation} />
          <Banner tone="warning">
            You are logged in as {view.email}. This invitation can be accepted by {view.invitation.email} only.
          </Banner>
          <SwitchAccountButton returnTo={next} />
        </>
      )
    case 'welcome':
      return (
        <>
          <Terms invitation={view.invitation} />
          <AcceptForm token={token} organization={view.invitation.orgName} />
        </>
      )
  }
}

const titleOf = (view: JoinView): string => {
  if (view.kind === 'unknown') return 'This link is not valid'
  const { invitedByName, orgName } = view.invitation
  return view.kind === 'over' || view.kind === 'member'
    ? `Invitation to ${orgName}`
    : `${invitedByName} invited you to join ${orgName}`
}

export const JoinPage = async ({ params }: { readonly params: Promise<{ readonly token: string }> }) => {
  const { token } = await params
  const view = await readJoin(token)
  return (
    <Frame title={titleOf(view)}>
      <Offer view={view} token={token} />
    </Frame>
  )
}
