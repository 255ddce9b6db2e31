import clsx from 'clsx'
import Link from 'next/link'
import type { ReactNode } from 'react'

const PAGES = [
  { path: '/docs', label: 'Quickstart' },
  { path: '/docs/formats', label: 'Formats' },
  { path: '/docs/api', label: 'Management API' },
  { path: '/docs/errors', label: 'Errors' },
] as const

export const DocsFrame = ({
  current,
  children,
}: {
  readonly current: (typeof PAGES)[number]['path']
  readonly children: ReactNode
}) => (
  <div className="mx-auto flex w-full max-w-6xl flex-1 gap-x-12 gap-y-6 px-5 py-10 max-md:flex-col">
    <nav aria-label="Documentation" className="flex w-44 shrink-0 gap-1 md:sticky md:top-24 md:flex-col md:self-start">
      {PAGES.map(({ path, label }) => (
        <Link
          key={path}
          href={path}
          aria-current={path === current ? 'page' : undefined}
          className={clsx(
            'rounded-lg px-2.5 py-1.5 text-sm hover:bg-subtle hover:text-ink',
            path === current ? 'bg-subtle font-medium text-ink' : 'text-muted',
          )}
        >
          {label}
        </Link>
      ))}
    </nav>
    <article className="max-w-3xl min-w-0 flex-1">{children}</article>
  </div>
)
