import Link from 'next/link'
import { redirect } from 'next/navigation'
import { readSession } from '../../auth/session.ts'
import { AuthFrame } from './auth-frame.tsx'
import { safeReturnPath } from './return-path.ts'
import { SignUpForm } from './sign-up-form.tsx'

interface SignUpPageProps {
  readonly searchParams: Promise<{ next?: string | string[]; email?: string | string[] }>
}

/** With `next` an invitation is what one comes back to; `email` is where it was sent. */
export const SignUpPage = async ({ searchParams }: SignUpPageProps) => {
  const { next: wanted, email } = await searchParams
  const next = wanted === undefined ? '/new-organization' : safeReturnPath(wanted)
  if ((await readSession()) !== null) redirect(wanted === undefined ? '/home' : next)
  return (
    <AuthFrame
      title="Create your account"
      detail={
        <>
          Have one already?{' '}
          <Link
            href={wanted === undefined ? '/log-in' : `/log-in?next=${encodeURIComponent(next)}`}
            className="font-medium text-accent underline-offset-2 hover:underline"
          >
            Log in
          </Link>
        </>
      }
    >
      <SignUpForm next={next} email={typeof email === 'string' ? email : ''} />
    </AuthFrame>
  )
}
