import Link from 'next/link'
import { redirect } from 'next/navigation'
import { readSession } from '../../auth/session.ts'
import { AuthFrame } from './auth-frame.tsx'
import { LogInForm } from './log-in-form.tsx'
import { safeReturnPath } from './return-path.ts'

export const LogInPage = async ({ searchParams }: { readonly searchParams: Promise<{ next?: string | string[] }> }) => {
  const next = safeReturnPath((await searchParams).next)
  if ((await readSession()) !== null) redirect(next)
  return (
    <AuthFrame
      title="Log in"
      detail={
        <>
          New here?{' '}
          <Link
            href={next === '/home' ? '/sign-up' : `/sign-up?next=${encodeURIComponent(next)}`}
            className="font-medium text-accent underline-offset-2 hover:underline"
          >
            Create an account
          </Link>
        </>
      }
    >
      <LogInForm next={next} />
    </AuthFrame>
  )
}
