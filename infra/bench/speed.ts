import { setTimeout as sleep } from 'node:timers/promises'
import { startSystem } from '../system/start-system.ts'
import { createTenant } from '../system/tenant.ts'
import { requestBody } from './answers.ts'
import { compare, type Contender, type Measured } from './compare.ts'
import { readRssBytes } from './cpu-time.ts'
import { runLoad, type LoadPlan } from './load.ts'
import { startPortkey } from './portkey.ts'
import { spawnServer } from './spawned.ts'

export interface SpeedOptions {
  readonly rounds: number
  readonly requests: number
  readonly streams: number
  readonly eventsPerStream: number
  readonly openStreams: number
  readonly withPeers: boolean
}

export interface SpeedReport {
  readonly perRequest: readonly Measured[]
  readonly perEvent: readonly Measured[]
  readonly perConvertedEvent: readonly Measured[]
  readonly bytesPerStream: { readonly floor: number; readonly product: number }
  readonly skipped: readonly string[]
}

/** An answer of 250 events is an ordinary one; a much shorter one would measure its request more than its events. */
export const FULL_SPEED: SpeedOptions = {
  rounds: 5,
  requests: 10_000,
  streams: 128,
  eventsPerStream: 250,
  openStreams: 1_000,
  withPeers: true,
}
/** A look, not a measurement: one round on code that is hardly warm. */
export const QUICK_SPEED: SpeedOptions = {
  rounds: 1,
  requests: 5_000,
  streams: 64,
  eventsPerStream: 250,
  openStreams: 300,
  withPeers: false,
}

/** quality.md: at one connection the floor costs four times as much, so ratios are taken at 64. */
const CONNECTIONS = 64
const MODEL = 'gpt-4o-mini'

/**
 * What the product costs beside the floor, everything on: HMAC authentication, hard budgets and a rate limit on four levels in strict mode, a route
 * over two offerings, journal and shipper, settlement, metrics. The CPU is that of proxy and shipper from the kernel's books; Redis and Postgres are not in it.
 */
export const measureSpeed = async (options: SpeedOptions): Promise<SpeedReport> => {
  const upstream = await spawnServer(new URL('./upstream.ts', import.meta.url))
  const floor = await spawnServer(new URL('./floor-proxy.ts', import.meta.url), [upstream.origin])
  const system = await startSystem({ upstreamUrl: upstream.origin })
  const portkey = options.withPeers ? await startPortkey(upstream.origin) : null
  try {
    const tenant = await createTenant(system.owner, {
      name: 'bench',
      budgets: { organization: '1000000', team: '1000000', member: '1000000', key: '1000000' },
      rateLimits: { organization: 100_000_000, team: 100_000_000, member: 100_000_000, key: 100_000_000 },
    })
    const proxyUrl = system.proxyUrls[0]
    const proxy = system.proxies[0]
    if (proxyUrl === undefined || proxy === undefined) throw new Error('no proxy was started')
    const pids = [proxy.pid(), system.shipper.pid()]
    const contendersFor = (
      plan: Pick<LoadPlan, 'body' | 'requests'>,
      convertedPath?: { readonly path: string; readonly body: string },
    ): readonly Contender[] => {
      const shared = { connections: CONNECTIONS, ...plan, path: '/v1/chat/completions' }
      const product: Contender = {
        name: 'atpar',
        pids,
        plan: {
          ...shared,
          ...convertedPath,
          origin: proxyUrl,
          headers:
            convertedPath === undefined
              ? { authorization: `Bearer ${tenant.key}` }
              : { 'x-api-key': tenant.key, 'anthropic-version': '2023-06-01' },
        },
      }
      return [
        { name: 'floor', pids: [floor.pid], plan: { ...shared, origin: floor.origin, headers: {} } },
        product,
        ...(portkey === null
          ? []
          : [
              {
                name: 'portkey',
                pids: [portkey.pid],
                plan: { ...shared, origin: portkey.origin, headers: portkey.headers },
              },
            ]),
      ]
    }
    // Shipping trails the answers by at most a batch interval.
    const settle = (): Promise<void> => sleep(400)
    const whole = requestBody({ model: MODEL, stream: false, events: 0 })
    const streamed = requestBody({ model: MODEL, stream: true, events: options.eventsPerStream })
    // Before anything else has grown a heap: a process that just served ten thousand calls has room to spare and would show nothing.
    const bytesPerStream = {
      floor: await measureStreamMemory(floor.pid, { origin: floor.origin, headers: {}, streams: options.openStreams }),
      product: await measureStreamMemory(proxy.pid(), {
        origin: proxyUrl,
        headers: { authorization: `Bearer ${tenant.key}` },
        streams: options.openStreams,
      }),
    }
    const perRequest = await compare(contendersFor({ body: whole, requests: options.requests }), {
      rounds: options.rounds,
      unitsOf: (report) => report.answered,
      settle,
    })
    // The peer ends long streams of this upstream with an error, so it is measured on whole answers only.
    const perEvent = await compare(
      contendersFor({ body: streamed, requests: options.streams }).filter(({ name }) => name !== 'portkey'),
      { rounds: options.rounds, unitsOf: (report) => report.events, settle },
    )
    const perConvertedEvent = await compare(
      contendersFor(
        { body: streamed, requests: options.streams },
        { path: '/v1/messages', body: anthropicBody(options.eventsPerStream) },
      ).filter(({ name }) => name !== 'portkey'),
      {
        rounds: options.rounds,
        // Another format frames the same answer in other events; the provider's are what both sides were sent.
        unitsOf: (report) => report.answered * (options.eventsPerStream + 4),
        settle,
      },
    )
    return {
      perRequest,
      perEvent,
      perConvertedEvent,
      bytesPerStream,
      skipped:
        options.withPeers && portkey === null
          ? ['Portkey: its gateway is not installed here (npm cannot reach it)']
          : [],
    }
  } finally {
    await portkey?.stop()
    await system.stop()
    await floor.stop()
    await upstream.stop()
  }
}

const anthropicBody = (events: number): string =>
  JSON.stringify({
    model: MODEL,
    max_tokens: 256,
    stream: true,
    system:
      'You are the assistant of a finance team. Answer in two sentences, name your sources, and never guess a figure that you were not given. '
        .repeat(2)
        .trim(),
    messages: [{ role: 'user', content: `Summarise why the cost per request matters for a gateway. events=${events}` }],
  })

interface MemoryPlan {
  readonly origin: string
  readonly headers: Readonly<Record<string, string>>
  readonly streams: number
}

/** Resident memory that `streams` open streams add, per stream: read while all of them are in flight. */
const measureStreamMemory = async (pid: number, plan: MemoryPlan): Promise<number> => {
  const body = requestBody({ model: MODEL, stream: true, events: 1_500 })
  const warmUp = {
    origin: plan.origin,
    path: '/v1/chat/completions',
    headers: plan.headers,
    body: requestBody({ model: MODEL, stream: true, events: 20 }),
    connections: CONNECTIONS,
    requests: 256,
  }
  await runLoad(warmUp)
  const before = readRssBytes(pid)
  let peak = before
  const timer = setInterval(() => {
    peak = Math.max(peak, readRssBytes(pid))
  }, 50)
  await runLoad({
    origin: plan.origin,
    path: '/v1/chat/completions',
    headers: plan.headers,
    body,
    connections: plan.streams,
    requests: plan.streams,
  })
  clearInterval(timer)
  return (peak - before) / plan.streams
}
