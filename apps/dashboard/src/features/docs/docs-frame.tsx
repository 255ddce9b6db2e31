import clsx from 'clsx'
import Link from 'next/link'
import type { ReactNode } from 'react'

const PAGES = [
  { path: '/docs', label: 'Quickstart' },
  { path: '/docs/formats', label: 'Formats' },
  { path: '/docs/guardrails', label: 'Guardrails' },
  { path: '/docs/api', label: 'Management API' },
  { path: '/docs/errors', label: 'Errors' },
] as const

export const DocsFrame = ({
  current,
  wide = false,
  children,
}: {
  readonly current: (typeof PAGES)[number]['path']
  /** For tables of many columns; words are easier to read in short lines. */
  readonly wide?: boolean
  readonly children: ReactNode
}) => (
  <div className="mx-auto flex w-full max-w-6xl flex-1 gap-x-12 gap-y-6 px-5 py-10 max-md:flex-col">
    <nav
      aria-label="Documentation"
      className="flex shrink-0 gap-1 max-md:-mx-1 max-md:flex-wrap md:sticky md:top-24 md:w-44 md:flex-col md:self-start"
    >
      {PAGES.map(({ path, label }) => (
        <Link
          key={path}
          href={path}
          aria-current={path === current ? 'page' : undefined}
          className={clsx(
            'rounded-lg px-2.5 py-1.5 text-sm whitespace-nowrap hover:bg-subtle hover:text-ink',
            path === current ? 'bg-subtle font-medium text-ink' : 'text-muted',
          )}
        >
          {label}
        </Link>
      ))}
    </nav>
    <article className={clsx('min-w-0 flex-1', !wide && 'max-w-3xl')}>{children}</article>
  </div>
)
