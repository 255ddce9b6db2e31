import clsx from 'clsx'
import type { ReactNode } from 'react'

const TONES = {
  info: 'border-info/25 bg-info-soft text-info',
  warning: 'border-warning/25 bg-warning-soft text-warning',
  danger: 'border-danger/25 bg-danger-soft text-danger',
  good: 'border-accent/25 bg-accent-soft text-accent',
} as const

interface BannerProps {
  readonly tone: keyof typeof TONES
  readonly icon?: ReactNode
  readonly children: ReactNode
  /** Announced at once: only for what just went wrong. */
  readonly isAlert?: boolean
}

export const Banner = ({ tone, icon, children, isAlert = false }: BannerProps) => (
  <div
    role={isAlert ? 'alert' : undefined}
    className={clsx(
      'flex items-start gap-2.5 rounded-lg border px-3.5 py-2.5 text-[13px] leading-relaxed [&_svg]:mt-0.5 [&_svg]:size-4 [&_svg]:shrink-0',
      TONES[tone],
    )}
  >
    {icon}
    <div className="min-w-0">{children}</div>
  </div>
)
