import clsx from 'clsx'
import type { UsageEvent } from '@atpar/core/usage-event'
import { formatDuration } from '../../format/number.ts'
import { Badge } from '../../ui/badge.tsx'
import { describeOutcome } from '../../usage/outcome.ts'

const share = (part: number, whole: number) => `${whole <= 0 ? 0 : Math.min(100, Math.max(0, (part / whole) * 100))}%`

/** Every attempt on one clock: what waited, what answered, where the first byte came. */
export const AttemptsTimeline = ({ attempts }: { readonly attempts: readonly UsageEvent[] }) => {
  const startMs = Math.min(...attempts.map((attempt) => attempt.startedAtMs))
  const spanMs = Math.max(1, Math.max(...attempts.map((attempt) => attempt.endedAtMs)) - startMs)
  return (
    <ol className="divide-y">
      {attempts.map((attempt) => {
        const outcome = describeOutcome(attempt.outcome)
        const isGood = attempt.outcome === 'ok'
        return (
          <li key={attempt.attempt} className="px-5 py-3.5">
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
              <span className="flex size-5 items-center justify-center rounded-full border text-[11px] font-medium text-muted tabular-nums">
                {attempt.attempt}
              </span>
              <span className="font-medium">{attempt.provider}</span>
              <code className="font-mono text-[13px] break-all text-muted">
                {attempt.modelServed ?? attempt.offeringId}
              </code>
              <span className="ml-auto flex items-center gap-2">
                {attempt.httpStatus > 0 && (
                  <span className="text-[13px] text-muted tabular-nums">{attempt.httpStatus}</span>
                )}
                <Badge tone={outcome.tone}>{outcome.label}</Badge>
              </span>
            </div>
            <div className="mt-2.5 flex items-center gap-3">
              <div className="relative h-2 flex-1 rounded-full bg-subtle" aria-hidden>
                <div
                  className={clsx('absolute inset-y-0 min-w-1 rounded-full', isGood ? 'bg-accent/35' : 'bg-danger/35')}
                  style={{
                    left: share(attempt.startedAtMs - startMs, spanMs),
                    width: share(attempt.endedAtMs - attempt.startedAtMs, spanMs),
                  }}
                />
                {attempt.firstByteAtMs !== null && (
                  <div
                    className={clsx('absolute inset-y-0 min-w-1 rounded-full', isGood ? 'bg-accent' : 'bg-danger')}
                    style={{
                      left: share(attempt.firstByteAtMs - startMs, spanMs),
                      width: share(attempt.endedAtMs - attempt.firstByteAtMs, spanMs),
                    }}
                  />
                )}
              </div>
              <span className="w-32 shrink-0 text-right text-[13px] text-muted tabular-nums">
                {formatDuration(attempt.endedAtMs - attempt.startedAtMs)}
                {attempt.firstByteAtMs !== null && (
                  <span className="block text-xs text-faint">
                    first byte {formatDuration(attempt.firstByteAtMs - attempt.startedAtMs)}
                  </span>
                )}
              </span>
            </div>
            {attempt.errorCode !== null && (
              <p className="mt-1.5 text-[13px] text-muted">
                <a
                  href={`/docs/errors#${attempt.errorCode}`}
                  className="font-mono underline decoration-line-strong underline-offset-4 hover:decoration-ink"
                >
                  {attempt.errorCode}
                </a>
              </p>
            )}
          </li>
        )
      })}
    </ol>
  )
}
