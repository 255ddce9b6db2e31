import type { ReactNode } from 'react'
import { hashToken } from '@atpar/crypto/token'
import { findEmailToken, type EmailToken, type EmailTokenPurpose } from '@atpar/db/email-tokens'
import { readDeps } from '../../deps.ts'
import { LinkButton } from '../../ui/button.tsx'
import { AuthFrame } from './auth-frame.tsx'
import { ConfirmSignUpForm, ResetPasswordForm, UseMagicLinkForm, VerifyEmailForm } from './link-form.tsx'

interface LinkPageProps {
  readonly params: Promise<{ readonly token: string }>
}

/** Looks without using up: mail programs open links before their readers do. */
const readLink = (token: string, purpose: EmailTokenPurpose): Promise<EmailToken | null> =>
  findEmailToken(readDeps().db, hashToken(token), purpose)

const LinkIsOver = ({ again, children }: { readonly again: string; readonly children: ReactNode }) => (
  <AuthFrame title="This link is over" detail="It was used already, or is older than half an hour.">
    <LinkButton href={again} className="w-full">
      {children}
    </LinkButton>
  </AuthFrame>
)

const Address = ({ email }: { readonly email: string }) => (
  <span className="font-medium break-words text-ink">{email}</span>
)

export const ConfirmSignUpPage = async ({ params }: LinkPageProps) => {
  const { token } = await params
  const link = await readLink(token, 'sign-up')
  if (link === null) return <LinkIsOver again="/sign-up">Sign up again</LinkIsOver>
  return (
    <AuthFrame
      title="Choose your password"
      detail={
        <>
          For <Address email={link.email} />. Your account starts with it.
        </>
      }
    >
      <ConfirmSignUpForm token={token} email={link.email} />
    </AuthFrame>
  )
}

export const UseMagicLinkPage = async ({ params }: LinkPageProps) => {
  const { token } = await params
  const link = await readLink(token, 'magic-link')
  if (link === null) return <LinkIsOver again="/log-in/link">Send me another link</LinkIsOver>
  return (
    <AuthFrame
      title="Log in"
      detail={
        <>
          As <Address email={link.email} />, in this browser.
        </>
      }
    >
      <UseMagicLinkForm token={token} />
    </AuthFrame>
  )
}

export const ResetPasswordPage = async ({ params }: LinkPageProps) => {
  const { token } = await params
  const link = await readLink(token, 'reset-password')
  if (link === null) return <LinkIsOver again="/log-in/forgot-password">Send me another link</LinkIsOver>
  return (
    <AuthFrame
      title="Set a new password"
      detail={
        <>
          For <Address email={link.email} />. It logs you out everywhere.
        </>
      }
    >
      <ResetPasswordForm token={token} email={link.email} />
    </AuthFrame>
  )
}

export const VerifyEmailPage = async ({ params }: LinkPageProps) => {
  const { token } = await params
  const link = await readLink(token, 'verify-email')
  if (link === null) return <LinkIsOver again="/account">Send me another link</LinkIsOver>
  return (
    <AuthFrame
      title="Confirm your address"
      detail={
        <>
          That mail sent to <Address email={link.email} /> reaches you.
        </>
      }
    >
      <VerifyEmailForm token={token} />
    </AuthFrame>
  )
}
