import { MailCheck } from 'lucide-react'
import type { ReactNode } from 'react'

interface MailSentProps {
  readonly email: string
  readonly children: ReactNode
}

/** Says the same whether or not the address has an account. */
export const MailSent = ({ email, children }: MailSentProps) => (
  <div role="status" className="rounded-xl border bg-surface p-5">
    <MailCheck className="size-6 text-accent" aria-hidden />
    <h2 className="mt-3 text-sm font-semibold">Check your mail</h2>
    <p className="mt-1 text-sm leading-relaxed break-words text-muted">
      We sent a mail to <span className="font-medium text-ink">{email}</span>. {children}
    </p>
    <p className="mt-3 text-[13px] text-muted">
      Nothing there after a minute? Look in the spam folder, and whether the address is right.
    </p>
  </div>
)

/** For installations without a mail server: their mail is kept on a page of its own. */
export const MailPageHint = ({ url }: { readonly url: string | null }) =>
  url === null ? null : (
    <p className="mt-4 text-[13px] text-muted">
      This installation sends no mail outside.{' '}
      <a href={url} className="font-medium text-accent underline underline-offset-2" target="_blank" rel="noreferrer">
        Read its mail here
      </a>
      .
    </p>
  )
