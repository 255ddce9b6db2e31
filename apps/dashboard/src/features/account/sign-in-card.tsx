import type { ReactNode } from 'react'
import type { Identity } from '@atpar/db/identities'
import { listOfferedProviders } from '../../auth/providers.ts'
import type { Session } from '../../auth/session.ts'
import { Badge } from '../../ui/badge.tsx'
import { LinkButton } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { Time } from '../../ui/time.tsx'
import { ChangePassword, ConnectProvider, DisconnectProvider } from './account-forms.tsx'

const PROVIDER_NAMES = { github: 'GitHub', google: 'Google', oidc: 'Single sign-on' } as const

interface LineProps {
  readonly title: ReactNode
  readonly detail: ReactNode
  readonly action: ReactNode
}

const Line = ({ title, detail, action }: LineProps) => (
  <li className="flex items-center justify-between gap-4 px-5 py-3">
    <div className="min-w-0">
      <p className="flex flex-wrap items-center gap-2 font-medium">{title}</p>
      <p className="text-[13px] break-words text-muted">{detail}</p>
    </div>
    {action}
  </li>
)

interface SignInCardProps {
  readonly session: Session
  readonly identities: readonly Identity[]
}

/** Every way into the account, and what is asked on top of it. */
export const SignInCard = ({ session, identities }: SignInCardProps) => {
  const offered = listOfferedProviders()
  const nameOf = (id: Identity['provider']) => offered.find((each) => each.id === id)?.name ?? PROVIDER_NAMES[id]
  const open = offered.filter(({ id }) => !identities.some((identity) => identity.provider === id))
  return (
    <Card flush title="Signing in" detail="A link by mail always works beside these.">
      <ul className="divide-y">
        <Line
          title="Password"
          detail={session.hasPassword ? 'Set' : 'None: you sign in by a provider or by mail.'}
          action={<ChangePassword hasPassword={session.hasPassword} />}
        />
        <Line
          title={
            <>
              Two-factor authentication{' '}
              {session.hasTwoFactor ? <Badge tone="good">On</Badge> : <Badge tone="warning">Off</Badge>}
            </>
          }
          detail={
            session.hasTwoFactor
              ? 'Logging in also asks for a code of your app.'
              : 'Without one, a stolen password is enough to be you.'
          }
          action={
            <LinkButton href="/account/two-factor" tone="secondary" size="small">
              {session.hasTwoFactor ? 'Manage' : 'Set up'}
            </LinkButton>
          }
        />
        {identities.map((identity) => (
          <Line
            key={identity.identityId}
            title={nameOf(identity.provider)}
            detail={
              <>
                {identity.email !== null && <>{identity.email} · </>}connected since{' '}
                <Time atMs={identity.createdAtMs} style="day" />
              </>
            }
            action={<DisconnectProvider identityId={identity.identityId} name={nameOf(identity.provider)} />}
          />
        ))}
        {open.map(({ id, name }) => (
          <Line key={id} title={name} detail="Not connected" action={<ConnectProvider id={id} name={name} />} />
        ))}
      </ul>
    </Card>
  )
}
