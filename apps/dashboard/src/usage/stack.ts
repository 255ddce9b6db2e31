import type { ChartBar } from '../ui/bar-chart.tsx'
import { listSteps, type UsageRange } from './range.ts'

export interface UsagePoint {
  readonly stepMs: number
  readonly modelId: string
  readonly value: bigint
}

export interface StackedUsage {
  readonly series: readonly string[]
  readonly bars: readonly ChartBar[]
}

const MAX_SERIES = 7
const OTHER = 'Other'

const labelOf = (range: UsageRange, atMs: number): Pick<ChartBar, 'label' | 'fullLabel'> => {
  const day = new Intl.DateTimeFormat('en-US', { month: 'short', day: 'numeric', timeZone: 'UTC' }).format(atMs)
  if (range.step === 'day') return { label: day, fullLabel: `${day}, UTC day` }
  const hour = new Date(atMs).toISOString().slice(11, 16)
  return { label: hour, fullLabel: `${day}, ${hour} UTC` }
}

/** One bar a step, the seven models with most value stacked by name and the rest as "Other": nothing is left out of the sum. */
export const stackByModel = (points: readonly UsagePoint[], range: UsageRange): StackedUsage => {
  const totals = new Map<string, bigint>()
  for (const point of points) totals.set(point.modelId, (totals.get(point.modelId) ?? 0n) + point.value)
  const ranked = [...totals.entries()]
    .toSorted((a, b) => (a[1] === b[1] ? a[0].localeCompare(b[0]) : a[1] > b[1] ? -1 : 1))
    .map(([modelId]) => modelId)
  const named = ranked.slice(0, MAX_SERIES)
  const series = ranked.length > MAX_SERIES ? [...named, OTHER] : named
  const positions = new Map(ranked.map((modelId, index) => [modelId, Math.min(index, MAX_SERIES)]))

  const steps = listSteps(range)
  const values = new Map(steps.map((atMs) => [atMs, series.map(() => 0n)]))
  for (const point of points) {
    const bar = values.get(point.stepMs)
    const position = positions.get(point.modelId)
    if (bar === undefined || position === undefined) continue
    bar[position] = (bar[position] ?? 0n) + point.value
  }
  return { series, bars: steps.map((atMs) => ({ ...labelOf(range, atMs), values: values.get(atMs) ?? [] })) }
}
