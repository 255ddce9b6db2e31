'use client'

import clsx from 'clsx'
import { useState, type PointerEvent } from 'react'
import { formatOverview } from '../format/money.ts'
import { formatCompact } from '../format/number.ts'
import { heightPercent, roundScale } from './chart-scale.ts'

export interface ChartBar {
  /** On the axis when there is room: "Nov 22". */
  readonly label: string
  /** In the tooltip: "Nov 22, 14:00 UTC". */
  readonly fullLabel: string
  /** One value per series, in their order. */
  readonly values: readonly bigint[]
}

interface BarChartProps {
  /** What a person who cannot see it should know. */
  readonly summary: string
  readonly series: readonly string[]
  readonly bars: readonly ChartBar[]
  readonly unit: 'money' | 'count'
  readonly className?: string
}

const seriesColor = (index: number) => `var(--series-${Math.min(index, 7) + 1})`

const FORMAT = { money: formatOverview, count: (value: bigint) => formatCompact(value) }
const AXIS_LABELS = 6

const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n)

/** Stacked bars in plain elements: painted by the server, no chart library to download. Hover or touch tells the parts. */
export const BarChart = ({ summary, series, bars, unit, className = 'h-56' }: BarChartProps) => {
  const [hovered, setHovered] = useState<number | null>(null)
  const format = FORMAT[unit]
  const scale = roundScale(bars.reduce((most, bar) => (sum(bar.values) > most ? sum(bar.values) : most), 0n))
  const isEmpty = bars.every((bar) => sum(bar.values) === 0n)
  const follow = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    const index = Math.floor(((event.clientX - box.left) / box.width) * bars.length)
    setHovered(index >= 0 && index < bars.length ? index : null)
  }
  const shown = hovered === null ? undefined : bars[hovered]

  return (
    <figure className="min-w-0">
      <div role="img" aria-label={summary} className={clsx('relative flex gap-3', className)}>
        <ValueAxis labels={isEmpty ? ['', '', format(0n)] : [format(scale), format(scale / 2n), format(0n)]} />
        <div className="relative flex min-w-0 flex-1 flex-col" aria-hidden>
          <div
            className="relative min-h-0 flex-1"
            onPointerMove={follow}
            onPointerDown={follow}
            onPointerLeave={() => setHovered(null)}
          >
            <GridLines />
            <div className="absolute inset-0 flex items-end">
              {bars.map((bar, index) => (
                <Bar key={bar.fullLabel} bar={bar} series={series} scale={scale} isHovered={hovered === index} />
              ))}
            </div>
          </div>
          <TimeAxis bars={bars} />
          {shown !== undefined && hovered !== null && (
            <Tooltip bar={shown} series={series} format={format} side={hovered < bars.length / 2 ? 'right' : 'left'} />
          )}
        </div>
      </div>
      {series.length > 1 && <Legend series={series} />}
    </figure>
  )
}

const ValueAxis = ({ labels }: { readonly labels: readonly [string, string, string] }) => (
  <div
    className="flex w-12 shrink-0 flex-col justify-between pb-6 text-right text-[11px] leading-none text-faint tabular-nums"
    aria-hidden
  >
    <span>{labels[0]}</span>
    <span>{labels[1]}</span>
    <span>{labels[2]}</span>
  </div>
)

const GridLines = () => (
  <div className="absolute inset-0 flex flex-col justify-between">
    <div className="border-t border-dashed" />
    <div className="border-t border-dashed" />
    <div className="border-t border-line-strong" />
  </div>
)

interface BarProps {
  readonly bar: ChartBar
  readonly series: readonly string[]
  readonly scale: bigint
  readonly isHovered: boolean
}

const Bar = ({ bar, series, scale, isHovered }: BarProps) => (
  <div className={clsx('flex h-full min-w-0 flex-1 flex-col-reverse', isHovered && 'bg-ink/5')}>
    {bar.values.map((value, position) =>
      value > 0n ? (
        <div
          key={series[position]}
          className="mx-auto w-[84%] max-w-12 last:rounded-t-[3px]"
          style={{ height: `${heightPercent(value, scale)}%`, minHeight: '1px', background: seriesColor(position) }}
        />
      ) : null,
    )}
  </div>
)

/** About six labels, each under the middle of its bar and free to be wider than it. */
const TimeAxis = ({ bars }: { readonly bars: readonly ChartBar[] }) => {
  const every = Math.max(1, Math.ceil(bars.length / AXIS_LABELS))
  return (
    <div className="flex h-6 items-end text-[11px] leading-none text-faint">
      {bars.map((bar, index) => (
        <span key={bar.fullLabel} className="relative h-3 min-w-0 flex-1">
          {index % every === Math.floor(every / 2) && (
            <span className="absolute left-1/2 -translate-x-1/2 whitespace-nowrap">{bar.label}</span>
          )}
        </span>
      ))}
    </div>
  )
}

const Legend = ({ series }: { readonly series: readonly string[] }) => (
  <figcaption className="mt-3 flex flex-wrap gap-x-4 gap-y-1 pl-[3.75rem] text-[13px] text-muted max-sm:pl-0">
    {series.map((name, index) => (
      <span key={name} className="inline-flex items-center gap-1.5">
        <span className="size-2 rounded-[3px]" style={{ background: seriesColor(index) }} aria-hidden />
        {name}
      </span>
    ))}
  </figcaption>
)

interface TooltipProps {
  readonly bar: ChartBar
  readonly series: readonly string[]
  readonly format: (value: bigint) => string
  readonly side: 'left' | 'right'
}

const Tooltip = ({ bar, series, format, side }: TooltipProps) => (
  <div
    className={clsx(
      'pointer-events-none absolute top-0 z-10 min-w-44 rounded-lg border bg-raised px-3 py-2 text-[13px] shadow-lg',
      side === 'right' ? 'right-0' : 'left-0',
    )}
  >
    <p className="font-medium">{bar.fullLabel}</p>
    <ul className="mt-1 space-y-0.5">
      {series.map((name, index) => {
        const value = bar.values[index] ?? 0n
        return value > 0n || series.length === 1 ? (
          <li key={name} className="flex items-center justify-between gap-4">
            <span className="inline-flex items-center gap-1.5 text-muted">
              <span className="size-2 rounded-[3px]" style={{ background: seriesColor(index) }} />
              {name}
            </span>
            <span className="tabular-nums">{format(value)}</span>
          </li>
        ) : null
      })}
    </ul>
    {series.length > 1 && (
      <p className="mt-1 flex justify-between border-t pt-1 font-medium">
        <span>Total</span>
        <span className="tabular-nums">{format(sum(bar.values))}</span>
      </p>
    )}
  </div>
)
