import type { Figure } from './figures.ts'
import type { BigBodiesReport, BigBody } from './measure-big-bodies.ts'
import type { LatencyReport } from './measure-latency.ts'
import type { Measured } from './compare.ts'
import type { CpuReport, SpeedReport } from './speed.ts'

/** quality.md, "Speed and scale". */
const REACH = {
  leased: 1.8,
  strict: 2.6,
  mainJobEvent: 1.5,
  event: 1.3,
  converted: 2.5,
  scaling: 1.1,
  memory: 1.3,
  heapKb: 25,
  slowReaders: 1.5,
  addedP50Ms: 0.5,
  addedP99Ms: 3,
  bodies: 3,
  heldMs: 50,
  againstPortkey: 5,
}

/** Where the provider alone takes longer, the machine is measured and not the product. */
const QUIET_P99_MS = 5

const KB = 1_000
const MB = 1_000_000

interface RatioPlan {
  readonly figure: string
  readonly rows: readonly Measured[]
  readonly of: string
  readonly reach: number
  readonly against?: string
}

const ratioFigure = ({ figure, rows, of, reach, against = 'floor' }: RatioPlan): Figure => {
  const product = rows.find((row) => row.name === of)
  const first = rows[0]
  const ratio = product?.ratioToFirst ?? Number.NaN
  const failed = rows.reduce((sum, row) => sum + row.failed, 0)
  return {
    name: figure,
    value: `${ratio.toFixed(2)} × (${(product?.cpuMicrosPerUnit ?? Number.NaN).toFixed(1)} of ${(first?.cpuMicrosPerUnit ?? Number.NaN).toFixed(1)} µs)${failed > 0 ? `, ${failed} failed` : ''}`,
    reach: `≤ ${reach} × ${against}`,
    ok: ratio <= reach && failed === 0,
  }
}

const strictFigure = (report: CpuReport): Figure =>
  ratioFigure({ figure: 'CPU per request, strict mode', rows: report.perRequest, of: 'strict', reach: REACH.strict })

export const judgeConverted = ({ perConvertedEvent }: CpuReport): Figure =>
  ratioFigure({ figure: 'CPU per converted event', rows: perConvertedEvent, of: 'atpar', reach: REACH.converted })

/** What two processes cost more is in part the machine's: the floor's two are told beside it. */
const scalingFigure = ({ scaling, floorScaling }: CpuReport): Figure => {
  const figure = ratioFigure({
    figure: 'CPU per request, two processes',
    rows: scaling,
    of: 'two',
    reach: REACH.scaling,
    against: 'one process',
  })
  const floor = floorScaling[1]?.ratioToFirst ?? Number.NaN
  return { ...figure, value: `${figure.value}; two floors ${floor.toFixed(2)} × one` }
}

/** What the main job promises: strict mode, both directions of streaming. */
export const judgeMainJob = (report: CpuReport): readonly Figure[] => [
  strictFigure(report),
  ratioFigure({ figure: 'CPU per streamed event', rows: report.perEvent, of: 'atpar', reach: REACH.mainJobEvent }),
  judgeConverted(report),
]

const streamFigures = ({ streams }: SpeedReport): readonly Figure[] => {
  const ratio = streams.product.rss / streams.floor.rss
  const { alone, besideSlowReaders } = streams.p99Ms
  return [
    {
      name: 'streams open at once in one process',
      value: `${streams.flowing} of ${streams.streams} flow`,
      reach: `${streams.streams}`,
      ok: streams.flowing === streams.streams,
    },
    {
      name: 'resident memory per open stream',
      value: `${ratio.toFixed(2)} × (${(streams.product.rss / KB).toFixed(0)} of ${(streams.floor.rss / KB).toFixed(0)} KB)`,
      reach: `≤ ${REACH.memory} × floor`,
      ok: ratio <= REACH.memory,
    },
    {
      name: 'heap and external memory per open stream',
      value: `${(streams.product.heapAndExternal / KB).toFixed(1)} KB (floor ${(streams.floor.heapAndExternal / KB).toFixed(1)} KB)`,
      reach: `≤ ${REACH.heapKb} KB`,
      ok: streams.product.heapAndExternal / KB <= REACH.heapKb,
    },
    {
      name: `p99 of others beside ${streams.slowReaders} readers that stopped reading`,
      value: `${besideSlowReaders.toFixed(1)} ms, alone ${alone.toFixed(1)} ms`,
      // "The same" within what two measurements of the same thing differ by on a shared machine.
      reach: `≤ ${REACH.slowReaders} × alone`,
      ok: besideSlowReaders <= REACH.slowReaders * alone,
    },
  ]
}

export const judgeLatency = ({ perSecond, direct, added, failed }: LatencyReport): readonly Figure[] => {
  const judge = (percentile: 'p50' | 'p99', reachMs: number): Figure => {
    const isTold = direct.p99 <= QUIET_P99_MS
    const value = `${added[percentile].toFixed(2)} ms over ${direct[percentile].toFixed(2)} ms${failed > 0 ? `, ${failed} failed` : ''}`
    return {
      name: `${percentile} added at ${perSecond.toLocaleString('en')} requests a second, one process`,
      value: isTold ? value : `n/a, the provider alone takes ${direct.p99.toFixed(1)} ms at p99 here (${value})`,
      reach: `≤ ${reachMs} ms over direct`,
      ok: (!isTold || added[percentile] <= reachMs) && failed === 0,
    }
  }
  return [judge('p50', REACH.addedP50Ms), judge('p99', REACH.addedP99Ms)]
}

/** Memory is promised for bytes that are spliced; for what is converted it is told beside how long the event loop was held. */
export const judgeBigBodies = ({ floor, product }: BigBodiesReport): readonly Figure[] => {
  const [spliced] = product
  const times = (body: BigBody | undefined): number => (body?.grown ?? Number.NaN) / (body?.bytes ?? Number.NaN)
  return [
    {
      name: `memory for ${spliced?.name ?? 'a big body'} in one string`,
      value: `${times(spliced).toFixed(1)} × its size (floor ${times(floor).toFixed(1)} ×)`,
      reach: `≤ ${REACH.bodies} × its size`,
      ok: times(spliced) <= REACH.bodies,
    },
    ...product.map((body) => ({
      name: `event loop at one stretch: ${body.name}`,
      value: `${body.heldMs.toFixed(0)} ms of CPU, ${body.heldByClockMs.toFixed(0)} ms by the clock (floor on 20 MB ${floor.heldMs.toFixed(0)} and ${floor.heldByClockMs.toFixed(0)} ms); ${(body.grown / MB).toFixed(0)} MB of memory for ${(body.bytes / MB).toFixed(0)}`,
      reach: `≤ ${REACH.heldMs} ms of CPU`,
      ok: body.heldMs <= REACH.heldMs,
    })),
  ]
}

/** The figures of quality.md "Speed and scale" that one machine can show in minutes. */
export const judgeSpeed = (report: SpeedReport): readonly Figure[] => {
  const cpuOf = (name: string): number | null =>
    report.perRequest.find((row) => row.name === name)?.cpuMicrosPerUnit ?? null
  const portkey = cpuOf('portkey')
  const timesLess = (portkey ?? Number.NaN) / (cpuOf('atpar') ?? Number.NaN)
  return [
    ratioFigure({ figure: 'CPU per request, with leases', rows: report.perRequest, of: 'atpar', reach: REACH.leased }),
    strictFigure(report),
    ratioFigure({ figure: 'CPU per streamed event', rows: report.perEvent, of: 'atpar', reach: REACH.event }),
    judgeConverted(report),
    scalingFigure(report),
    ...judgeLatency(report.latency),
    ...streamFigures(report),
    ...judgeBigBodies(report.bigBodies),
    ...(portkey === null
      ? []
      : [
          {
            name: 'CPU against Portkey, which does less',
            value: `${timesLess.toFixed(1)} × less`,
            reach: `≥ ${REACH.againstPortkey} × less`,
            ok: timesLess >= REACH.againstPortkey,
          },
        ]),
  ]
}
