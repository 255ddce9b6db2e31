import clsx from 'clsx'
import Link from 'next/link'

interface SegmentedProps {
  readonly label: string
  readonly options: readonly { readonly href: string; readonly label: string; readonly isCurrent: boolean }[]
}

/** A choice whose state is the URL: each option is a link, so it can be opened, shared and gone back from. */
export const Segmented = ({ label, options }: SegmentedProps) => (
  <nav aria-label={label} className="flex w-fit max-w-full overflow-x-auto rounded-lg border bg-surface p-0.5">
    {options.map((option) => (
      <Link
        key={option.href}
        href={option.href}
        scroll={false}
        aria-current={option.isCurrent ? 'true' : undefined}
        className={clsx(
          'rounded-md px-2.5 py-1 text-[13px] whitespace-nowrap',
          option.isCurrent ? 'bg-subtle font-medium text-ink' : 'text-muted hover:text-ink',
        )}
      >
        {option.label}
      </Link>
    ))}
  </nav>
)
