'use client'

import { useSyncExternalStore } from 'react'
import { formatInstant, formatUtc, type TimeStyle } from '../format/time.ts'

const never = () => () => {}
const readZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone
const readServerZone = () => 'UTC'

/** In the reader's zone, with UTC on hover. The server knows no zone and writes UTC; the width does not change. */
export const Time = ({ atMs, style = 'minute' }: { readonly atMs: number; readonly style?: TimeStyle }) => {
  const zone = useSyncExternalStore(never, readZone, readServerZone)
  return (
    <time dateTime={new Date(atMs).toISOString()} title={formatUtc(atMs)} className="tabular-nums">
      {formatInstant(atMs, style, zone)}
    </time>
  )
}
