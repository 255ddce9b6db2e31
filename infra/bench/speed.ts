import { setTimeout as sleep } from 'node:timers/promises'
import { findRandomPort } from '@atpar/tooling/ports'
import { startSystem, type RunningSystem } from '../system/start-system.ts'
import type { SeededTenant } from '../system/tenant.ts'
import { anthropicBody, REQUESTED_MODEL, requestBody } from './answers.ts'
import { compare, type Contender, type Measured } from './compare.ts'
import { processTree } from './cpu-time.ts'
import { runLoad, type LoadPlan, type LoadReport } from './load.ts'
import { measureBigBodies, type BigBodiesPlan, type BigBodiesReport } from './measure-big-bodies.ts'
import { measureLatency, type LatencyPlan, type LatencyReport } from './measure-latency.ts'
import { measureStreams, type StreamsPlan, type StreamsReport } from './measure-streams.ts'
import { startPortkey, type Peer } from './portkey.ts'
import { createRoomyTenant } from './roomy-tenant.ts'
import { spawnServer, type Spawned } from './spawned.ts'

export interface SpeedOptions extends StreamsPlan, BigBodiesPlan, LatencyPlan {
  readonly rounds: number
  readonly warmRounds: number
  readonly requests: number
  readonly streams: number
  readonly eventsPerStream: number
  readonly withPeers: boolean
}

/** What is compared with the floor by its CPU. */
export type CpuPart = 'requests' | 'events' | 'converted events' | 'scaling'

export interface CpuReport {
  /** The floor, us with leases, us asking Redis for every request, the peer. */
  readonly perRequest: readonly Measured[]
  readonly perEvent: readonly Measured[]
  readonly perConvertedEvent: readonly Measured[]
  /** One process, then two on the same port. */
  readonly scaling: readonly Measured[]
  /** The same of the floor: what of it is the machine's, whose caches two processes share. */
  readonly floorScaling: readonly Measured[]
  readonly skipped: readonly string[]
}

export interface SpeedReport extends CpuReport {
  readonly streams: StreamsReport
  readonly bigBodies: BigBodiesReport
  readonly latency: LatencyReport
}

/** An answer of 250 events is an ordinary one; a much shorter one would measure its request more than its events. */
export const FULL_SPEED: SpeedOptions = {
  rounds: 5,
  warmRounds: 4,
  requests: 10_000,
  streams: 128,
  eventsPerStream: 250,
  openStreams: 5_000,
  slowReaders: 1_000,
  bigBodies: 5,
  pacedRequests: 5_000,
  withPeers: true,
}
/** A look, not a measurement: one round on code that is hardly warm. */
export const QUICK_SPEED: SpeedOptions = {
  rounds: 1,
  warmRounds: 1,
  requests: 5_000,
  streams: 64,
  eventsPerStream: 250,
  openStreams: 500,
  slowReaders: 100,
  bigBodies: 1,
  pacedRequests: 2_000,
  withPeers: false,
}

/** quality.md: at one connection the floor costs four times as much, so ratios are taken at 64. */
const CONNECTIONS = 64

interface Measurer {
  readonly name: string
  readonly system: RunningSystem
  readonly tenant: SeededTenant
}

const startMeasurer = async (
  name: string,
  { upstream, proxyEnv }: { readonly upstream: Spawned; readonly proxyEnv: Readonly<Record<string, string>> },
): Promise<Measurer> => {
  const system = await startSystem({ upstreamUrl: upstream.origin, proxyEnv })
  return { name, system, tenant: await createRoomyTenant(system, name) }
}

type Load = Pick<LoadPlan, 'body' | 'requests'>
const LOAD = { connections: CONNECTIONS, path: '/v1/chat/completions' } as const

const floorContender = (floor: Spawned, load: Load): Contender => ({
  name: 'floor',
  pids: [floor.pid],
  plan: { ...LOAD, ...load, origin: floor.origin, headers: {} },
})

const productContender = ({ name, system, tenant }: Measurer, load: Load): Contender => ({
  name,
  pids: [...processTree(system.proxies[0]?.pid() ?? 0), system.shipper.pid()],
  plan: {
    ...LOAD,
    ...load,
    origin: system.proxyUrls[0] ?? '',
    headers: { authorization: `Bearer ${tenant.key}` },
  },
})

const anthropicContender = (measurer: Measurer, load: Load): Contender => {
  const contender = productContender(measurer, load)
  const headers = { 'x-api-key': measurer.tenant.key, 'anthropic-version': '2023-06-01' }
  return { ...contender, plan: { ...contender.plan, path: '/v1/messages', headers } }
}

const peerContender = (peer: Peer | null, load: Load): readonly Contender[] =>
  peer === null
    ? []
    : [
        {
          name: 'portkey',
          pids: [peer.pid],
          plan: { ...LOAD, ...load, origin: peer.origin, headers: peer.headers },
        },
      ]

/** Two on one port, as the product's processes are. */
const startFloors = async (upstream: Spawned): Promise<readonly [Spawned, Spawned]> => {
  const port = String(await findRandomPort())
  const start = (): Promise<Spawned> =>
    spawnServer(new URL('./floor-proxy.ts', import.meta.url), { parameters: [upstream.origin, port] })
  return Promise.all([start(), start()])
}

/** Shipping trails the answers by at most a batch interval. */
const settle = (): Promise<void> => sleep(500)

const ALL_PARTS: readonly CpuPart[] = ['requests', 'events', 'converted events', 'scaling']

/**
 * What the product costs beside the floor, everything on: HMAC authentication, hard budgets and a rate limit on four levels, a route over two
 * offerings, journal and shipper, settlement, metrics. The CPU is that of proxy and shipper from the kernel's books; Redis and Postgres are not in it.
 * Of what is not among the parts the rows are empty.
 */
export const measureCpu = async (options: SpeedOptions, parts: readonly CpuPart[] = ALL_PARTS): Promise<CpuReport> => {
  const { rounds, warmRounds, eventsPerStream } = options
  const upstream = await spawnServer(new URL('./upstream.ts', import.meta.url))
  const floor = await spawnServer(new URL('./floor-proxy.ts', import.meta.url), { parameters: [upstream.origin] })
  const atpar = await startMeasurer('atpar', { upstream, proxyEnv: {} })
  const others: Measurer[] = []
  const startOther = async (name: string, proxyEnv: Readonly<Record<string, string>>): Promise<Measurer> => {
    const other = await startMeasurer(name, { upstream, proxyEnv })
    others.push(other)
    return other
  }
  const whole = {
    body: requestBody({ model: REQUESTED_MODEL, stream: false, events: 0 }),
    requests: options.requests,
  }
  const streamed = {
    body: requestBody({ model: REQUESTED_MODEL, stream: true, events: eventsPerStream }),
    requests: options.streams,
  }
  const byAnswers = { rounds, warmRounds, settle, unitsOf: (report: LoadReport) => report.answered }
  const measureRequests = async (portkey: Peer | null): Promise<readonly Measured[]> => {
    const strict = await startOther('strict', { PROXY_LEASES: 'off' })
    return compare(
      [
        floorContender(floor, whole),
        productContender(atpar, whole),
        productContender(strict, whole),
        ...peerContender(portkey, whole),
      ],
      byAnswers,
    )
  }
  const measureScaling = async (): Promise<Pick<CpuReport, 'scaling' | 'floorScaling'>> => {
    const two = productContender(await startOther('two', { PROXY_PROCESSES: '2' }), whole)
    const floors = await startFloors(upstream)
    try {
      const oneFloor = floorContender(floor, whole)
      const twoFloors = { ...floorContender(floors[0], whole), name: 'floor x2', pids: floors.map(({ pid }) => pid) }
      const one = productContender(atpar, whole)
      // Those that share a load take as many rounds again to be compiled as the one that has it to itself.
      for (const { plan } of [two, twoFloors]) await runLoad({ ...plan, requests: plan.requests * warmRounds })
      return {
        scaling: await compare([one, two], byAnswers),
        floorScaling: await compare([oneFloor, twoFloors], byAnswers),
      }
    } finally {
      await Promise.all(floors.map((each) => each.stop()))
    }
  }
  const portkey = options.withPeers && parts.includes('requests') ? await startPortkey(upstream.origin) : null
  try {
    return {
      perRequest: parts.includes('requests') ? await measureRequests(portkey) : [],
      // The peer ends long streams of this upstream with an error, so it is measured on whole answers only.
      perEvent: parts.includes('events')
        ? await compare([floorContender(floor, streamed), productContender(atpar, streamed)], {
            rounds,
            warmRounds: 1,
            settle,
            unitsOf: (report) => report.events,
          })
        : [],
      perConvertedEvent: parts.includes('converted events')
        ? await compare(
            [
              floorContender(floor, streamed),
              anthropicContender(atpar, { ...streamed, body: anthropicBody(eventsPerStream) }),
            ],
            // Another format frames the same answer in other events; the provider's are what both sides were sent.
            { rounds, warmRounds: 1, settle, unitsOf: (report) => report.answered * (eventsPerStream + 4) },
          )
        : [],
      ...(parts.includes('scaling') ? await measureScaling() : { scaling: [], floorScaling: [] }),
      skipped:
        options.withPeers && parts.includes('requests') && portkey === null
          ? ['Portkey: its gateway is not installed here (npm cannot reach it)']
          : [],
    }
  } finally {
    await portkey?.stop()
    await Promise.all([atpar, ...others].map(({ system }) => system.stop()))
    await floor.stop()
    await upstream.stop()
  }
}

/** Everything that one machine can show in minutes. */
export const measureSpeed = async (options: SpeedOptions): Promise<SpeedReport> => {
  const streams = await measureStreams(options)
  const bigBodies = await measureBigBodies(options)
  const latency = await measureLatency(options)
  return { ...(await measureCpu(options)), streams, bigBodies, latency }
}
