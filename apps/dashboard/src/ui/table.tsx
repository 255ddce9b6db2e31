import clsx from 'clsx'
import type { ComponentProps, ReactNode } from 'react'

const STACKED = clsx(
  'max-sm:block max-sm:[&>thead]:sr-only max-sm:[&>tbody]:block',
  'max-sm:[&>tbody>tr]:grid max-sm:[&>tbody>tr]:grid-cols-2 max-sm:[&>tbody>tr]:gap-x-4 max-sm:[&>tbody>tr]:gap-y-3 max-sm:[&>tbody>tr]:px-5 max-sm:[&>tbody>tr]:py-4',
  'max-sm:[&>tbody>tr>td]:block max-sm:[&>tbody>tr>td]:min-w-0 max-sm:[&>tbody>tr>td]:p-0! max-sm:[&>tbody>tr>td]:text-left max-sm:[&>tbody>tr>td]:whitespace-normal max-sm:[&>tbody>tr>td]:break-words',
  'max-sm:[&>tbody>tr>td[data-label]]:before:block max-sm:[&>tbody>tr>td[data-label]]:before:font-sans max-sm:[&>tbody>tr>td[data-label]]:before:text-xs max-sm:[&>tbody>tr>td[data-label]]:before:text-muted max-sm:[&>tbody>tr>td[data-label]]:before:content-[attr(data-label)]',
)

/** Scrolls sideways on its own when narrow, reachable by keyboard, so that the page never does. */
export const Table = ({
  label,
  stacks = false,
  children,
}: {
  readonly label: string
  /** On a phone each row is a card of two columns; cells name themselves by `data-label`. For rows with more figures than fit side by side. */
  readonly stacks?: boolean
  readonly children: ReactNode
}) => (
  // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- WCAG 2.1.1: a scrolling region must be reachable without a mouse.
  <div className="relative overflow-x-auto rounded-b-xl" role="region" aria-label={label} tabIndex={0}>
    <table className={clsx('w-full border-collapse text-sm', stacks && STACKED)}>{children}</table>
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
