import Link from 'next/link'
import { redirect } from 'next/navigation'
import { readSession } from '../../auth/session.ts'
import { AuthFrame } from './auth-frame.tsx'
import { SignUpForm } from './sign-up-form.tsx'

export const SignUpPage = async () => {
  if ((await readSession()) !== null) redirect('/home')
  return (
    <AuthFrame
      title="Create your account"
      detail={
        <>
          Have one already?{' '}
          <Link href="/log-in" className="font-medium text-accent underline-offset-2 hover:underline">
            Log in
          </Link>
        </>
      }
    >
      <SignUpForm />
    </AuthFrame>
  )
}
