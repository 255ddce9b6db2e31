import type { ReactNode } from 'react'

interface EmptyStateProps {
  readonly icon: ReactNode
  readonly title: string
  readonly children: ReactNode
  readonly action?: ReactNode
}

/** Says why there is nothing yet and what makes something appear. */
export const EmptyState = ({ icon, title, children, action }: EmptyStateProps) => (
  <div className="flex flex-col items-center px-6 py-14 text-center">
    <div
      className="mb-4 flex size-11 items-center justify-center rounded-xl border bg-subtle text-muted [&_svg]:size-5"
      aria-hidden
    >
      {icon}
    </div>
    <p className="text-sm font-semibold">{title}</p>
    <div className="mt-1.5 max-w-md text-sm leading-relaxed text-muted">{children}</div>
    {action !== undefined && <div className="mt-5">{action}</div>}
  </div>
)
