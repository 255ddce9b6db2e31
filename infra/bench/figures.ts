/** One measured figure beside what it has to reach. */
export interface Figure {
  readonly name: string
  readonly value: string
  readonly reach: string
  readonly ok: boolean
}

/** `figure · value · reach · ok|short`, one line each; the exit code says whether all hold. */
export const printFigures = (figures: readonly Figure[], write: (line: string) => void): number => {
  for (const figure of figures)
    write(`${figure.name} · ${figure.value} · ${figure.reach} · ${figure.ok ? 'ok' : 'short'}`)
  return figures.every((figure) => figure.ok) ? 0 : 1
}

/** @throws RangeError for no values. */
export const medianOf = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)]
  if (middle === undefined) throw new RangeError('no values to take a median of')
  return sorted.length % 2 === 1 ? middle : (middle + (sorted[sorted.length / 2 - 1] ?? middle)) / 2
}
