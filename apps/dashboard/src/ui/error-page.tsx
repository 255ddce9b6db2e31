'use client'

import { Button } from './button.tsx'

/** For bugs and outages. The digest finds the log line; the message of the error stays on the server. */
export const ErrorPage = ({
  error,
  reset,
}: {
  readonly error: Error & { digest?: string }
  readonly reset: () => void
}) => (
  <main id="content" className="flex flex-1 flex-col items-center justify-center gap-5 px-6 py-24 text-center">
    <div>
      <h1 className="text-2xl font-semibold tracking-tight">Something went wrong on our side</h1>
      <p className="mx-auto mt-2 max-w-md leading-relaxed text-muted">
        Your data is unharmed and calls through the gateway are not affected by this page. Try again; if it stays, the
        operator finds it in the log
        {error.digest === undefined ? '' : ' under '}
        {error.digest !== undefined && <code className="font-mono text-[13px] text-ink">{error.digest}</code>}.
      </p>
    </div>
    <Button onClick={reset}>Try again</Button>
  </main>
)
