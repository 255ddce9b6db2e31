import clsx from 'clsx'

interface ProgressProps {
  readonly label: string
  readonly part: bigint
  readonly whole: bigint
}

/** How much of a budget is gone. Turns from calm to warning at 80 %, to red at 100 %. */
export const Progress = ({ label, part, whole }: ProgressProps) => {
  const perMille = whole === 0n ? (part > 0n ? 1000 : 0) : Number((part * 1000n) / whole)
  const shown = Math.min(1000, perMille)
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuenow={Math.round(shown / 10)}
      aria-valuemin={0}
      aria-valuemax={100}
      className="h-1.5 w-full overflow-hidden rounded-full bg-subtle"
    >
      <div
        className={clsx(
          'h-full rounded-full',
          perMille >= 1000 ? 'bg-danger' : perMille >= 800 ? 'bg-warning' : 'bg-accent',
        )}
        style={{ width: `${part > 0n ? Math.max(1, shown / 10) : 0}%` }}
      />
    </div>
  )
}
