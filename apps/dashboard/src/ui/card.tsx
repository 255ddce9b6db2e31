import clsx from 'clsx'
import type { ReactNode } from 'react'

interface CardProps {
  readonly title?: ReactNode
  readonly detail?: ReactNode
  readonly action?: ReactNode
  readonly className?: string
  /** Tables reach the edge; text does not. */
  readonly flush?: boolean
  readonly children: ReactNode
}

export const Card = ({ title, detail, action, className, flush = false, children }: CardProps) => (
  <section className={clsx('min-w-0 rounded-xl border bg-surface shadow-[0_1px_2px_rgb(0_0_0/0.03)]', className)}>
    {title !== undefined && (
      <header
        className={clsx(
          'flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-5 pt-4',
          flush ? 'pb-3' : 'pb-1',
        )}
      >
        <div className="min-w-0 sm:flex-1 sm:basis-60">
          <h2 className="text-sm font-semibold">{title}</h2>
          {detail !== undefined && <p className="mt-0.5 text-[13px] text-muted">{detail}</p>}
        </div>
        {action}
      </header>
    )}
    <div className={flush ? 'border-t first:border-t-0' : 'px-5 py-4'}>{children}</div>
  </section>
)

interface StatProps {
  readonly label: string
  readonly value: ReactNode
  readonly detail?: ReactNode
}

export const Stat = ({ label, value, detail }: StatProps) => (
  <div className="min-w-0 rounded-xl border bg-surface px-5 py-4 shadow-[0_1px_2px_rgb(0_0_0/0.03)]">
    <p className="text-[13px] text-muted">{label}</p>
    <p className="mt-1 truncate text-xl sm:text-2xl font-semibold tracking-tight tabular-nums">{value}</p>
    {detail !== undefined && <div className="mt-1 text-[13px] text-muted">{detail}</div>}
  </div>
)
