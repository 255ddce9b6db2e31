import { startSystem } from '../system/start-system.ts'
import { REQUESTED_MODEL, requestBody } from './answers.ts'
import { medianOf } from './figures.ts'
import { runLoad, type LoadPlan, type LoadReport } from './load.ts'
import { createRoomyTenant } from './roomy-tenant.ts'
import { spawnServer } from './spawned.ts'

export interface LatencyPlan {
  readonly rounds: number
  /** In each round, to each of the two. */
  readonly pacedRequests: number
}

type Latency = LoadReport['latencyMs']

export interface LatencyReport {
  readonly perSecond: number
  /** Of the provider alone: medians over the rounds. */
  readonly direct: Latency
  /** What the product takes beyond that in the same round: medians over the rounds. */
  readonly added: Latency
  readonly failed: number
}

const PER_SECOND = 1_000
const CONNECTIONS = 64

/** The same requests at the same pace to the provider and, in turn, through one process of the product. One round first is not counted. */
export const measureLatency = async ({ rounds, pacedRequests }: LatencyPlan): Promise<LatencyReport> => {
  const upstream = await spawnServer(new URL('./upstream.ts', import.meta.url))
  const system = await startSystem({ upstreamUrl: upstream.origin })
  try {
    const { key } = await createRoomyTenant(system, 'latency')
    const direct: LoadPlan = {
      origin: upstream.origin,
      path: '/v1/chat/completions',
      headers: {},
      body: requestBody({ model: REQUESTED_MODEL, stream: false, events: 0 }),
      connections: CONNECTIONS,
      requests: pacedRequests,
      perSecond: PER_SECOND,
    }
    const product: LoadPlan = {
      ...direct,
      origin: system.proxyUrls[0] ?? '',
      headers: { authorization: `Bearer ${key}` },
    }
    const seen: { readonly alone: LoadReport; readonly through: LoadReport }[] = []
    for (let round = 0; round <= rounds; round += 1) {
      const both = { alone: await runLoad(direct), through: await runLoad(product) }
      if (round > 0) seen.push(both)
    }
    const median = (of: (each: (typeof seen)[number]) => number): number => medianOf(seen.map(of))
    return {
      perSecond: PER_SECOND,
      direct: { p50: median(({ alone }) => alone.latencyMs.p50), p99: median(({ alone }) => alone.latencyMs.p99) },
      added: {
        p50: median(({ alone, through }) => through.latencyMs.p50 - alone.latencyMs.p50),
        p99: median(({ alone, through }) => through.latencyMs.p99 - alone.latencyMs.p99),
      },
      failed: seen.reduce((sum, { alone, through }) => sum + alone.failed + through.failed, 0),
    }
  } finally {
    await system.stop()
    await upstream.stop()
  }
}
