import type { Figure } from './figures.ts'
import type { Measured } from './compare.ts'
import type { SpeedReport } from './speed.ts'

/** Strict mode asks Redis twice a request; leases, which take it off the hot path, come later and lower the first figure to 1.8. */
const REACH = { perRequest: 2.6, perEvent: 1.5, perConvertedEvent: 2.5, memory: 1.3, againstPortkey: 5 }

const cpuOf = (rows: readonly Measured[], name: string): number | null =>
  rows.find((row) => row.name === name)?.cpuMicrosPerUnit ?? null

const ratioFigure = (name: string, rows: readonly Measured[], reach: number): Figure => {
  const floor = cpuOf(rows, 'floor') ?? Number.NaN
  const product = cpuOf(rows, 'atpar') ?? Number.NaN
  const ratio = rows.find((row) => row.name === 'atpar')?.ratioToFirst ?? Number.NaN
  const failed = rows.reduce((sum, row) => sum + row.failed, 0)
  return {
    name,
    value: `${ratio.toFixed(2)} × (${product.toFixed(1)} of ${floor.toFixed(1)} µs)${failed > 0 ? `, ${failed} failed` : ''}`,
    reach: `≤ ${reach} × floor`,
    ok: ratio <= reach && failed === 0,
  }
}

/** What the main job promises: strict mode, both directions of streaming. */
export const judgeMainJob = (report: SpeedReport): readonly Figure[] => [
  ratioFigure('CPU per request, strict mode', report.perRequest, REACH.perRequest),
  ratioFigure('CPU per streamed event', report.perEvent, REACH.perEvent),
  ratioFigure('CPU per converted event', report.perConvertedEvent, REACH.perConvertedEvent),
]

/** The figures of quality.md "Speed and scale" that one machine can show in minutes. */
export const judgeSpeed = (report: SpeedReport): readonly Figure[] => {
  const memoryRatio = report.bytesPerStream.product / report.bytesPerStream.floor
  const portkey = cpuOf(report.perRequest, 'portkey')
  const product = cpuOf(report.perRequest, 'atpar') ?? Number.NaN
  return [
    ...judgeMainJob(report),
    {
      name: 'memory per open stream',
      value: `${memoryRatio.toFixed(2)} × (${(report.bytesPerStream.product / 1024).toFixed(0)} of ${(report.bytesPerStream.floor / 1024).toFixed(0)} KiB)`,
      reach: `≤ ${REACH.memory} × floor`,
      ok: memoryRatio <= REACH.memory,
    },
    ...(portkey === null
      ? []
      : [
          {
            name: 'CPU against Portkey, which does less',
            value: `${(portkey / product).toFixed(1)} × less`,
            reach: `≥ ${REACH.againstPortkey} × less`,
            ok: portkey / product >= REACH.againstPortkey,
          },
        ]),
  ]
}
