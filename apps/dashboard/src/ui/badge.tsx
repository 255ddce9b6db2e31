import clsx from 'clsx'
import type { ReactNode } from 'react'

export type BadgeTone = 'neutral' | 'good' | 'bad' | 'warning' | 'info'

const TONES: Record<BadgeTone, string> = {
  neutral: 'bg-subtle text-muted',
  good: 'bg-accent-soft text-accent',
  bad: 'bg-danger-soft text-danger',
  warning: 'bg-warning-soft text-warning',
  info: 'bg-info-soft text-info',
}

export const Badge = ({
  tone = 'neutral',
  children,
  title,
}: {
  readonly tone?: BadgeTone
  readonly children: ReactNode
  readonly title?: string
}) => (
  <span
    title={title}
    className={clsx(
      'inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap [&_svg]:size-3.5',
      TONES[tone],
    )}
  >
    {children}
  </span>
)
