'use client'

import clsx from 'clsx'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { showInRow } from './show-in-row.ts'

interface SectionNavProps {
  readonly label: string
  readonly sections: readonly { readonly href: string; readonly label: string }[]
}

/** The pages of one area side by side. A row that scrolls by itself when narrow, so that the page never does. */
export const SectionNav = ({ label, sections }: SectionNavProps) => {
  const pathname = usePathname()
  return (
    <nav aria-label={label} className="mb-6 flex gap-0.5 overflow-x-auto border-b">
      {sections.map((section) => {
        const isCurrent = pathname === section.href
        return (
          <Link
            key={section.href}
            href={section.href}
            ref={isCurrent ? showInRow : undefined}
            aria-current={isCurrent ? 'page' : undefined}
            className={clsx(
              '-mb-px border-b-2 px-2.5 py-2 text-[13px] font-medium whitespace-nowrap focus-visible:-outline-offset-2',
              isCurrent ? 'border-ink text-ink' : 'border-transparent text-muted hover:text-ink',
            )}
          >
            {section.label}
          </Link>
        )
      })}
    </nav>
  )
}
