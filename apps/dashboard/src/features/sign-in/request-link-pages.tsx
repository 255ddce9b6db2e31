import Link from 'next/link'
import { safeReturnPath } from '../../auth/return-path.ts'
import { readEnv } from '../../env.ts'
import { AuthFrame } from './auth-frame.tsx'
import { MailPageHint } from './mail-sent.tsx'
import { RequestLinkForm } from './request-link-form.tsx'

const BackToLogIn = () => (
  <Link href="/log-in" className="font-medium text-accent underline-offset-2 hover:underline">
    Back to logging in
  </Link>
)

export const RequestMagicLinkPage = async ({
  searchParams,
}: {
  readonly searchParams: Promise<{ next?: string | string[] }>
}) => {
  const { next } = await searchParams
  return (
    <AuthFrame
      title="Log in by mail"
      detail={
        <>
          We send you a link that works once, for half an hour. <BackToLogIn />
        </>
      }
    >
      <RequestLinkForm purpose="magic-link" next={next === undefined ? null : safeReturnPath(next)} />
      <MailPageHint url={readEnv().mailPageUrl} />
    </AuthFrame>
  )
}

export const ForgotPasswordPage = () => (
  <AuthFrame
    title="Set a new password"
    detail={
      <>
        We send you a link that works once, for half an hour. <BackToLogIn />
      </>
    }
  >
    <RequestLinkForm purpose="reset-password" next={null} />
    <MailPageHint url={readEnv().mailPageUrl} />
  </AuthFrame>
)
