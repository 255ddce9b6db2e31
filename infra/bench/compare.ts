import { readCpuMs } from './cpu-time.ts'
import { medianOf } from './figures.ts'
import { runLoad, type LoadPlan, type LoadReport } from './load.ts'

/** Something that is measured: where it listens and which processes its CPU is counted of. */
export interface Contender {
  readonly name: string
  readonly pids: readonly number[]
  readonly plan: LoadPlan
}

export interface Measured {
  readonly name: string
  /** Median over the rounds, of what one unit (a request or a streamed event) cost in CPU. */
  readonly cpuMicrosPerUnit: number
  /** Median over the rounds, of this one's cost divided by the first contender's in the same round: what a drifting machine leaves standing. */
  readonly ratioToFirst: number
  readonly requestsPerSecond: number
  readonly latencyMs: { readonly p50: number; readonly p99: number }
  readonly failed: number
}

export interface CompareOptions {
  readonly rounds: number
  /** Played first and not counted: a server that runs for days is compiled in its first seconds, and more code takes longer to be. */
  readonly warmRounds: number
  readonly unitsOf: (report: LoadReport) => number
  /** After each round of a contender, before its CPU is read: lets what trails behind (the shipper) catch up. */
  readonly settle?: () => Promise<void>
}

/** Plays the same load at each contender in turn, A B A B …, so that a machine whose speed drifts drifts for all of them. */
export const compare = async (
  contenders: readonly Contender[],
  options: CompareOptions,
): Promise<readonly Measured[]> => {
  const rounds = new Map<string, { readonly micros: number; readonly report: LoadReport }[]>(
    contenders.map((contender) => [contender.name, []]),
  )
  for (let round = -options.warmRounds; round < options.rounds; round += 1) {
    for (const contender of contenders) {
      const before = sumCpu(contender.pids)
      const report = await runLoad(contender.plan)
      await options.settle?.()
      const micros = ((sumCpu(contender.pids) - before) * 1000) / Math.max(1, options.unitsOf(report))
      if (round >= 0) rounds.get(contender.name)?.push({ micros, report })
    }
  }
  const first = rounds.get(contenders[0]?.name ?? '') ?? []
  return contenders.map(({ name }) => {
    const seen = rounds.get(name) ?? []
    return {
      name,
      ratioToFirst: medianOf(seen.map((each, round) => each.micros / (first[round]?.micros ?? Number.NaN))),
      cpuMicrosPerUnit: medianOf(seen.map((each) => each.micros)),
      requestsPerSecond: medianOf(seen.map((each) => (each.report.answered * 1000) / each.report.wallMs)),
      latencyMs: {
        p50: medianOf(seen.map((each) => each.report.latencyMs.p50)),
        p99: medianOf(seen.map((each) => each.report.latencyMs.p99)),
      },
      failed: seen.reduce((sum, each) => sum + each.report.failed, 0),
    }
  })
}

const sumCpu = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + readCpuMs(pid), 0)
