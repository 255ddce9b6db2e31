'use client'

import clsx from 'clsx'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { showInRow } from './show-in-row.ts'

interface SectionNavProps {
  readonly label: string
  readonly sections: readonly { readonly href: string; readonly label: string }[]
  /** More of them than a row holds: beside their pages where there is room. */
  readonly isColumnWhenWide?: boolean
}

/** The pages of one area side by side. A row that scrolls by itself when narrow, so that the page never does. */
export const SectionNav = ({ label, sections, isColumnWhenWide = false }: SectionNavProps) => {
  const pathname = usePathname()
  return (
    <nav
      aria-label={label}
      className={clsx(
        'mb-6 flex gap-0.5 overflow-x-auto border-b',
        isColumnWhenWide && 'xl:mb-0 xl:flex-col xl:overflow-x-visible xl:border-b-0',
      )}
    >
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
              isColumnWhenWide && 'xl:mb-0 xl:rounded-lg xl:border-b-0 xl:py-1.5',
              isColumnWhenWide && isCurrent && 'xl:bg-subtle',
            )}
          >
            {section.label}
          </Link>
        )
      })}
    </nav>
  )
}
