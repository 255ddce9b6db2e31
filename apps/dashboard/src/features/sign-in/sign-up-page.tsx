import Link from 'next/link'
import { redirect } from 'next/navigation'
import { listOfferedProviders } from '../../auth/providers.ts'
import { safeReturnPath } from '../../auth/return-path.ts'
import { readSession } from '../../auth/session.ts'
import { readEnv } from '../../env.ts'
import { AuthFrame } from './auth-frame.tsx'
import { MailPageHint } from './mail-sent.tsx'
import { ProviderButtons } from './provider-buttons.tsx'
import { SignUpForm } from './sign-up-form.tsx'

interface SignUpPageProps {
  readonly searchParams: Promise<{ next?: string | string[]; email?: string | string[] }>
}

/** With `next` an invitation is what one comes back to; `email` is where it was sent. */
export const SignUpPage = async ({ searchParams }: SignUpPageProps) => {
  const { next: wanted, email } = await searchParams
  const next = wanted === undefined ? null : safeReturnPath(wanted)
  if ((await readSession()) !== null) redirect(next ?? '/home')
  return (
    <AuthFrame
      title="Create your account"
      detail={
        <>
          Have one already?{' '}
          <Link
            href={next === null ? '/log-in' : `/log-in?next=${encodeURIComponent(next)}`}
            className="font-medium text-accent underline-offset-2 hover:underline"
          >
            Log in
          </Link>
        </>
      }
    >
      <SignUpForm next={next} email={typeof email === 'string' ? email : ''} />
      <MailPageHint url={readEnv().mailPageUrl} />
      <ProviderButtons providers={listOfferedProviders()} next={next ?? '/home'} verb="Continue" />
    </AuthFrame>
  )
}
