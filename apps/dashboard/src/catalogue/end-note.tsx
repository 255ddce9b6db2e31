import { Badge } from '../ui/badge.tsx'
import type { OfferingEnd } from './price-rows.ts'

/** That a provider takes a model away, or has, and what to use in its place. */
export const EndNote = ({ end }: { readonly end: OfferingEnd | null }) =>
  end === null ? null : (
    <span className="my-0.5 flex flex-wrap items-center gap-x-2 gap-y-0.5 text-xs text-muted">
      <Badge tone={end.isPast ? 'bad' : 'warning'}>
        {end.isPast ? 'Gone since' : 'Ends'} {end.on}
      </Badge>
      {end.successorId !== null && (
        <span>
          use{' '}
          <a
            href={`/models/${encodeURIComponent(end.successorId)}`}
            className="font-mono underline decoration-line-strong underline-offset-4 hover:decoration-ink"
          >
            {end.successorId}
          </a>
        </span>
      )}
    </span>
  )
