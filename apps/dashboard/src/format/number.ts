const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })
const percent = new Intl.NumberFormat('en-US', { style: 'percent', maximumFractionDigits: 1 })

/** `1,234,567` */
export const formatCount = (count: number | bigint): string => whole.format(count)

/** `1.2M` above ten thousand, exact below: nobody needs 9,873 abbreviated. */
export const formatCompact = (count: number | bigint): string =>
  count < 10_000 ? whole.format(count) : compact.format(count)

/** Share of a total; "<0.1%" rather than a rounded "0%" for what is not nothing. */
export const formatShare = (part: number, total: number): string => {
  if (total === 0 || part === 0) return '0%'
  const share = part / total
  return share < 0.001 ? '<0.1%' : percent.format(share)
}

/** `840 ms`, `3.2 s`, `2 min 5 s` */
export const formatDuration = (milliseconds: number): string => {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(milliseconds < 10_000 ? 2 : 1)} s`
  return `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1_000)} s`
}
