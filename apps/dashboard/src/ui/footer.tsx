import clsx from 'clsx'
import Link from 'next/link'
import { readEnv } from '../env.ts'

/** AGPL-3.0 §13: whoever uses this over a network is offered the source of exactly what runs. */
export const Footer = ({ isBesideSections = false }: { readonly isBesideSections?: boolean }) => {
  const { sourceCommit } = readEnv()
  const short = sourceCommit === 'unknown' ? 'unknown commit' : sourceCommit.slice(0, 10)
  return (
    <footer className="mt-auto border-t">
      <div
        className={clsx(
          'mx-auto flex w-full max-w-6xl flex-wrap items-center justify-between gap-x-6 gap-y-2 px-5 py-5 text-[13px] text-muted',
          isBesideSections && 'lg:px-8',
        )}
      >
        <nav aria-label="Footer" className="flex flex-wrap gap-x-5 gap-y-1">
          <Link href="/models" className="hover:text-ink">
            Prices
          </Link>
          <Link href="/docs" className="hover:text-ink">
            Docs
          </Link>
          <Link href="/docs/errors" className="hover:text-ink">
            Errors
          </Link>
          <Link href="/source" className="hover:text-ink">
            Source <span className="font-mono text-xs">{short}</span>
          </Link>
        </nav>
        <span>AGPL-3.0-only</span>
      </div>
    </footer>
  )
}
