import type { ReactNode } from 'react'

interface PageHeaderProps {
  readonly title: ReactNode
  readonly detail?: ReactNode
  readonly action?: ReactNode
}

export const PageHeader = ({ title, detail, action }: PageHeaderProps) => (
  <header className="mb-6 flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
    <div className="min-w-0">
      <h1 className="text-[22px] leading-tight font-semibold tracking-tight">{title}</h1>
      {detail !== undefined && <div className="mt-1 text-sm text-muted">{detail}</div>}
    </div>
    {action}
  </header>
)
