import type { ReactNode } from 'react'

/** Names and values beside each other, read as a list. */
export const Facts = ({
  facts,
}: {
  readonly facts: readonly { readonly name: string; readonly value: ReactNode }[]
}) => (
  <dl className="grid grid-cols-[minmax(7rem,auto)_minmax(0,1fr)] gap-x-6 gap-y-2.5 text-sm">
    {facts.map(({ name, value }) => (
      <div key={name} className="contents">
        <dt className="pt-px text-[13px] text-muted">{name}</dt>
        <dd className="min-w-0 break-words">{value}</dd>
      </div>
    ))}
  </dl>
)
