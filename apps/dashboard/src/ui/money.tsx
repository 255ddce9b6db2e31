import { decimalsFor, formatExact, formatFixed, formatOverview } from '../format/money.ts'

interface MoneyProps {
  readonly pusd: bigint
  /** `exact` shows every digit; `overview` rounds to what orients and keeps the exact amount on hover. */
  readonly detail?: 'exact' | 'overview'
}

export const Money = ({ pusd, detail = 'exact' }: MoneyProps) =>
  detail === 'exact' ? (
    <span className="tabular-nums">{formatExact(pusd)}</span>
  ) : (
    <span className="tabular-nums" title={`${formatExact(pusd)} exactly`}>
      {formatOverview(pusd)}
    </span>
  )

/** One amount of a column whose rows share their places: it adds up as printed, and zeros that only align stay in the background. */
export const MoneyInColumn = ({ pusd, decimals }: { readonly pusd: bigint; readonly decimals: number }) => {
  const text = formatFixed(pusd, decimals)
  const padding = decimals - Math.min(decimals, decimalsFor([pusd]))
  return (
    <span className="font-mono text-[13px] tabular-nums">
      {text.slice(0, text.length - padding)}
      {padding > 0 && (
        <span className="text-faint" aria-hidden>
          {text.slice(text.length - padding)}
        </span>
      )}
    </span>
  )
}
