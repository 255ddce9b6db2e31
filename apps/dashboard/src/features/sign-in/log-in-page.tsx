import Link from 'next/link'
import { redirect } from 'next/navigation'
import { isIdentityProblem, IDENTITY_PROBLEM_TEXTS } from '../../auth/identity-problems.ts'
import { listOfferedProviders } from '../../auth/providers.ts'
import { safeReturnPath } from '../../auth/return-path.ts'
import { readPendingSession, readSession } from '../../auth/session.ts'
import { Banner } from '../../ui/banner.tsx'
import { AuthFrame } from './auth-frame.tsx'
import { LogInForm } from './log-in-form.tsx'
import { ProviderButtons } from './provider-buttons.tsx'

interface LogInPageProps {
  readonly searchParams: Promise<{
    next?: string | string[]
    error?: string | string[]
    problem?: string | string[]
    notice?: string | string[]
  }>
}

const LINK = 'font-medium text-accent underline-offset-2 hover:underline'

const withNext = (path: string, next: string) => (next === '/home' ? path : `${path}?next=${encodeURIComponent(next)}`)

const findProblem = (problem: unknown, error: unknown): string | null => {
  if (isIdentityProblem(problem)) return IDENTITY_PROBLEM_TEXTS[problem]
  return error === undefined
    ? null
    : 'Signing in with that provider did not work. Nothing was changed: try again, or use another way.'
}

export const LogInPage = async ({ searchParams }: LogInPageProps) => {
  const { next: wanted, error, problem, notice } = await searchParams
  const next = safeReturnPath(wanted)
  // Who is signed in and comes here with an error wanted to connect a provider, which failed.
  if ((await readSession()) !== null) redirect(error === undefined ? next : '/account?problem=not-connected')
  if ((await readPendingSession()) !== null) redirect(withNext('/log-in/two-factor', next))
  const text = findProblem(problem, error)
  return (
    <AuthFrame
      title="Log in"
      detail={
        <>
          New here?{' '}
          <Link href={withNext('/sign-up', next)} className={LINK}>
            Create an account
          </Link>
        </>
      }
    >
      {text !== null && (
        <div className="mb-4">
          <Banner tone="danger" isAlert>
            {text}
          </Banner>
        </div>
      )}
      {notice === 'password-reset' && (
        <div className="mb-4">
          <Banner tone="good">Your new password is set, and you are logged out everywhere. Log in with it.</Banner>
        </div>
      )}
      <LogInForm next={next} />
      <p className="mt-4 flex flex-wrap justify-between gap-x-4 gap-y-1 text-[13px]">
        <Link href={withNext('/log-in/link', next)} className={LINK}>
          E-mail me a link instead
        </Link>
        <Link href="/log-in/forgot-password" className={LINK}>
          Forgot your password?
        </Link>
      </p>
      <ProviderButtons providers={listOfferedProviders()} next={next} verb="Log in" />
    </AuthFrame>
  )
}
