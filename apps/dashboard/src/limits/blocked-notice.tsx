import { OctagonX } from 'lucide-react'
import type { ReactNode } from 'react'
import { Banner } from '../ui/banner.tsx'
import { Time } from '../ui/time.tsx'
import { findBlocking } from './blocking.ts'
import { roomOf, type LimitView, type LimitViews, type RateView } from './limit-state.ts'
import { describeFilter, describeHolder, formatAmountExactly, keyOf, nameBudget, ratePartsOf } from './limit-words.ts'

const which = (view: LimitView, isOwn: boolean): string => {
  const holder = isOwn && view.holder.scope === 'member' ? 'you' : describeHolder(view.holder)
  const filter = describeFilter(view.kind === 'budget' ? view.budget : view.limit)
  const name = view.kind === 'budget' ? nameBudget(view).toLowerCase() : 'rate limit'
  return `The ${name} of ${holder}${filter === null ? '' : ` for ${filter}`}`
}

const usedUpPart = (view: RateView): string => {
  const part = ratePartsOf(view).find(({ used, limit }) => used >= limit)
  return part === undefined ? '' : `${part.used} of ${part.limit} ${part.name.toLowerCase()}`
}

const Line = ({ view, isOwn }: { readonly view: LimitView; readonly isOwn: boolean }) => (
  <li>
    <strong className="font-semibold">{which(view, isOwn)}</strong>{' '}
    {view.kind === 'rate' ? (
      <>is reached: {usedUpPart(view)}. It frees within a minute.</>
    ) : (
      <>
        {roomOf(view) === 0n ? 'is used up' : 'is as good as used up'}:{' '}
        {formatAmountExactly(view.used + view.held, view.budget.unit)} of{' '}
        {formatAmountExactly(view.limit, view.budget.unit)}
        {view.held > 0n && ` (${formatAmountExactly(view.held, view.budget.unit)} held for running requests)`}.{' '}
        {roomOf(view) > 0n && 'What is left is too little for most requests. '}
        {view.endsAtMs === null ? (
          'It does not reset.'
        ) : (
          <>
            It resets <Time atMs={view.endsAtMs} />.
          </>
        )}
      </>
    )}
  </li>
)

interface BlockedNoticeProps {
  readonly limits: LimitViews
  /** Who can raise it, for those who cannot. */
  readonly askNames: readonly string[]
  readonly ownMemberId: string | null
}

const ask = (names: readonly string[]): ReactNode =>
  names.length === 0 ? null : <p className="mt-1">{`Who can raise it: ${names.join(', ')}.`}</p>

/** What `/v1/limits/explain` says of the next request, for a person: which limit, how much, until when, and whom to ask. Nothing while it would pass. */
export const BlockedNotice = ({ limits, askNames, ownMemberId }: BlockedNoticeProps) => {
  const blocking = findBlocking(limits)
  if (blocking.length === 0) return null
  return (
    <div data-testid="blocked">
      <Banner tone="danger" icon={<OctagonX aria-hidden />}>
        <p className="font-semibold">Requests are refused at the moment.</p>
        <ul className="mt-1 space-y-1">
          {blocking.map((view) => (
            <Line key={keyOf(view)} view={view} isOwn={view.holder.memberId === ownMemberId} />
          ))}
        </ul>
        {ask(askNames)}
      </Banner>
    </div>
  )
}
