import { redirect } from 'next/navigation'
import { safeReturnPath } from '../../auth/return-path.ts'
import { readPendingSession, readSession } from '../../auth/session.ts'
import { AuthFrame } from './auth-frame.tsx'
import { TwoFactorForm } from './two-factor-form.tsx'

export const TwoFactorPage = async ({
  searchParams,
}: {
  readonly searchParams: Promise<{ next?: string | string[] }>
}) => {
  const next = safeReturnPath((await searchParams).next)
  if ((await readSession()) !== null) redirect(next)
  const pending = await readPendingSession()
  if (pending === null) redirect('/log-in')
  return (
    <AuthFrame title="Two-factor code" detail={`You are logging in as ${pending.email}.`}>
      <TwoFactorForm next={next} />
    </AuthFrame>
  )
}
