import clsx from 'clsx'
import type { ComponentProps, ReactNode } from 'react'

/** Scrolls sideways on its own when narrow, reachable by keyboard, so that the page never does. */
export const Table = ({ label, children }: { readonly label: string; readonly children: ReactNode }) => (
  // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- WCAG 2.1.1: a scrolling region must be reachable without a mouse.
  <div className="relative overflow-x-auto rounded-b-xl" role="region" aria-label={label} tabIndex={0}>
    <table className="w-full border-collapse text-sm">{children}</table>
  </div>
)

type CellProps = { readonly numeric?: boolean }

export const HeaderCell = ({ numeric = false, className, ...rest }: ComponentProps<'th'> & CellProps) => (
  <th
    scope="col"
    className={clsx(
      'px-2.5 py-2.5 first:pl-5 last:pr-5 sm:px-5 text-left text-[13px] font-medium whitespace-nowrap text-muted',
      numeric && 'text-right',
      className,
    )}
    {...rest}
  />
)

/** One line, unless it holds sentences: those wrap. */
export const Cell = ({
  numeric = false,
  wraps = false,
  className,
  ...rest
}: ComponentProps<'td'> & CellProps & { readonly wraps?: boolean }) => (
  <td
    className={clsx(
      'px-2.5 py-2.5 first:pl-5 last:pr-5 sm:px-5 align-middle',
      !wraps && 'whitespace-nowrap',
      numeric && 'text-right tabular-nums',
      className,
    )}
    {...rest}
  />
)

export const Row = ({ className, ...rest }: ComponentProps<'tr'>) => (
  <tr className={clsx('border-t transition-colors hover:bg-subtle/60', className)} {...rest} />
)
