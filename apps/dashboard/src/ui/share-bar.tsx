/** A thin bar behind a number: which row weighs how much, at a glance. */
export const ShareBar = ({ part, whole }: { readonly part: bigint; readonly whole: bigint }) => (
  <span className="mt-1 block h-1 w-24 overflow-hidden rounded-full bg-subtle" aria-hidden>
    <span
      className="block h-full rounded-full bg-accent"
      style={{ width: `${whole === 0n ? 0 : Number((part * 1000n) / whole) / 10}%` }}
    />
  </span>
)
