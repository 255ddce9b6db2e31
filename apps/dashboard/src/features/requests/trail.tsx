import { ArrowRight, CircleSlash, CircleX, ShieldAlert, type LucideIcon } from 'lucide-react'
import type { TrailStep } from '@atpar/core/usage-event'
import { formatDuration } from '../../format/number.ts'

const LOOK: Record<
  TrailStep['result'],
  { readonly icon: LucideIcon; readonly className: string; readonly label: string }
> = {
  served: { icon: ArrowRight, className: 'text-accent', label: 'Served' },
  failed: { icon: CircleX, className: 'text-danger', label: 'Failed' },
  skipped: { icon: CircleSlash, className: 'text-faint', label: 'Left out' },
  guarded: { icon: ShieldAlert, className: 'text-warning', label: 'Guardrail' },
}

/** Which offerings were considered, in order, and why each was used or not. */
export const Trail = ({ steps }: { readonly steps: readonly TrailStep[] }) =>
  steps.length === 0 ? (
    <p className="px-5 py-4 text-muted">No trail was recorded.</p>
  ) : (
    <ol className="divide-y">
      {steps.map((step, index) => {
        const { icon: Icon, className, label } = LOOK[step.result]
        return (
          <li key={`${index}:${step.offeringId}`} className="flex items-start gap-3 px-5 py-3">
            <Icon className={`mt-0.5 size-4 shrink-0 ${className}`} aria-hidden />
            <div className="min-w-0 flex-1">
              <p className="break-words">
                <span className="font-medium">{label}</span>{' '}
                <code className="font-mono text-[13px] break-all text-muted">{step.offeringId}</code>
              </p>
              <p className="text-[13px] break-words text-muted">{step.reason}</p>
            </div>
            {step.durationMs !== undefined && (
              <span className="text-[13px] text-muted tabular-nums">{formatDuration(step.durationMs)}</span>
            )}
          </li>
        )
      })}
    </ol>
  )
