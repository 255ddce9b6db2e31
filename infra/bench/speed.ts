import { setTimeout as sleep } from 'node:timers/promises'
import { startSystem, type RunningSystem } from '../system/start-system.ts'
import type { SeededTenant } from '../system/tenant.ts'
import { anthropicBody, REQUESTED_MODEL, requestBody } from './answers.ts'
import { compare, type Contender, type Measured } from './compare.ts'
import { processTree } from './cpu-time.ts'
import type { LoadPlan } from './load.ts'
import { measureStreams, type StreamsPlan, type StreamsReport } from './measure-streams.ts'
import { startPortkey, type Peer } from './portkey.ts'
import { createRoomyTenant } from './roomy-tenant.ts'
import { spawnServer, type Spawned } from './spawned.ts'

export interface SpeedOptions extends StreamsPlan {
  readonly rounds: number
  readonly requests: number
  readonly streams: number
  readonly eventsPerStream: number
  readonly withPeers: boolean
}

export interface SpeedReport {
  /** The floor, us with leases, us asking Redis for every request, the peer. */
  readonly perRequest: readonly Measured[]
  readonly perEvent: readonly Measured[]
  readonly perConvertedEvent: readonly Measured[]
  /** One process, then two on the same port. */
  readonly scaling: readonly Measured[]
  readonly streams: StreamsReport
  readonly skipped: readonly string[]
}

/** An answer of 250 events is an ordinary one; a much shorter one would measure its request more than its events. */
export const FULL_SPEED: SpeedOptions = {
  rounds: 5,
  requests: 10_000,
  streams: 128,
  eventsPerStream: 250,
  openStreams: 5_000,
  slowReaders: 1_000,
  withPeers: true,
}
/** A look, not a measurement: one round on code that is hardly warm. */
export const QUICK_SPEED: SpeedOptions = {
  rounds: 1,
  requests: 5_000,
  streams: 64,
  eventsPerStream: 250,
  openStreams: 500,
  slowReaders: 100,
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

/** Shipping trails the answers by at most a batch interval. */
const settle = (): Promise<void> => sleep(500)

/**
 * What the product costs beside the floor, everything on: HMAC authentication, hard budgets and a rate limit on four levels, a route over two
 * offerings, journal and shipper, settlement, metrics. The CPU is that of proxy and shipper from the kernel's books; Redis and Postgres are not in it.
 */
export const measureSpeed = async (options: SpeedOptions): Promise<SpeedReport> => {
  const streams = await measureStreams(options)
  const upstream = await spawnServer(new URL('./upstream.ts', import.meta.url))
  const floor = await spawnServer(new URL('./floor-proxy.ts', import.meta.url), { parameters: [upstream.origin] })
  const atpar = await startMeasurer('atpar', { upstream, proxyEnv: {} })
  const strict = await startMeasurer('strict', { upstream, proxyEnv: { PROXY_LEASES: 'off' } })
  const two = await startMeasurer('two', { upstream, proxyEnv: { PROXY_PROCESSES: '2' } })
  const portkey = options.withPeers ? await startPortkey(upstream.origin) : null
  try {
    const whole = {
      body: requestBody({ model: REQUESTED_MODEL, stream: false, events: 0 }),
      requests: options.requests,
    }
    const streamed = {
      body: requestBody({ model: REQUESTED_MODEL, stream: true, events: options.eventsPerStream }),
      requests: options.streams,
    }
    const { rounds, eventsPerStream } = options
    const perRequest = await compare(
      [
        floorContender(floor, whole),
        productContender(atpar, whole),
        productContender(strict, whole),
        ...peerContender(portkey, whole),
      ],
      { rounds, settle, unitsOf: (report) => report.answered },
    )
    // The peer ends long streams of this upstream with an error, so it is measured on whole answers only.
    const perEvent = await compare([floorContender(floor, streamed), productContender(atpar, streamed)], {
      rounds,
      settle,
      unitsOf: (report) => report.events,
    })
    const converted = { ...streamed, body: anthropicBody(eventsPerStream) }
    const perConvertedEvent = await compare([floorContender(floor, streamed), anthropicContender(atpar, converted)], {
      rounds,
      settle,
      // Another format frames the same answer in other events; the provider's are what both sides were sent.
      unitsOf: (report) => report.answered * (eventsPerStream + 4),
    })
    const scaling = await compare([productContender(atpar, whole), productContender(two, whole)], {
      rounds,
      settle,
      unitsOf: (report) => report.answered,
    })
    return {
      perRequest,
      perEvent,
      perConvertedEvent,
      scaling,
      streams,
      skipped:
        options.withPeers && portkey === null
          ? ['Portkey: its gateway is not installed here (npm cannot reach it)']
          : [],
    }
  } finally {
    await portkey?.stop()
    await Promise.all([atpar.system.stop(), strict.system.stop(), two.system.stop()])
    await floor.stop()
    await upstream.stop()
  }
}
