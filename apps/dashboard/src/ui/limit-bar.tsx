import clsx from 'clsx'

interface LimitBarProps {
  /** What is limited, for those who hear the page. */
  readonly label: string
  readonly used: bigint
  /** Reserved for what is running: shown lighter, behind what is used. */
  readonly held?: bigint
  readonly limit: bigint
}

const PER_MILLE = 1000n
const WARNING_FROM = 800

const shareOf = (part: bigint, limit: bigint): number =>
  limit === 0n ? (part > 0n ? 1000 : 0) : Number((part * PER_MILLE) / limit)

/** How much of a limit is gone: calm, a warning from 80 %, red when nothing fits any more. */
export const LimitBar = ({ label, used, held = 0n, limit }: LimitBarProps) => {
  const usedShare = Math.min(1000, shareOf(used, limit))
  const total = limit === 0n ? 1000 : shareOf(used + held, limit)
  const heldShare = Math.min(1000, total) - usedShare
  const tone = total >= 1000 ? 'danger' : total >= WARNING_FROM ? 'warning' : 'calm'
  return (
    <div
      role="meter"
      aria-label={label}
      aria-valuenow={Math.round(Math.min(1000, total) / 10)}
      aria-valuemin={0}
      aria-valuemax={100}
      className="flex h-1.5 w-full overflow-hidden rounded-full bg-subtle"
    >
      {(used > 0n || limit === 0n) && (
        <div
          className={clsx(
            'h-full min-w-0.5',
            tone === 'danger' ? 'bg-danger' : tone === 'warning' ? 'bg-warning' : 'bg-accent',
          )}
          style={{ width: `${limit === 0n ? 100 : usedShare / 10}%` }}
        />
      )}
      {heldShare > 0 && (
        <div
          className={clsx(
            'h-full min-w-0.5 opacity-40',
            tone === 'danger' ? 'bg-danger' : tone === 'warning' ? 'bg-warning' : 'bg-accent',
          )}
          style={{ width: `${heldShare / 10}%` }}
        />
      )}
    </div>
  )
}
