import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startSystem } from '../system/start-system.ts'
import { REQUESTED_MODEL, requestBody } from './answers.ts'
import { runLoad } from './load.ts'
import { probeEnv, readMemoryUse } from './memory-use.ts'
import { openStreams } from './open-streams.ts'
import { createRoomyTenant } from './roomy-tenant.ts'
import { spawnServer } from './spawned.ts'

/** Bytes that one open stream adds to a process. */
interface BytesPerStream {
  readonly rss: number
  readonly heapAndExternal: number
}

export interface StreamsPlan {
  /** Open at once, in one process. */
  readonly openStreams: number
  /** Of those, readers that stop reading while others are measured. */
  readonly slowReaders: number
}

export interface StreamsReport {
  readonly streams: number
  /** Of ours: how many flowed at the same time, through one process. */
  readonly flowing: number
  readonly floor: BytesPerStream
  readonly product: BytesPerStream
  /** Latency of calls by others, alone and while `slowReaders` streams are open whose readers stopped reading. */
  readonly p99Ms: { readonly alone: number; readonly besideSlowReaders: number }
  readonly slowReaders: number
}

/** Slow enough that memory is measured and not a backlog: thousands of streams at two events a second each would be a load test. */
const EVENT_INTERVAL_MS = '2000'
const EVENTS = 90
const STEADY_MS = 5_000
const WARM_UP_CALLS = 3_000
const WARM_UP_STREAMS = 200

interface Subject {
  readonly pid: number
  readonly origin: string
  readonly headers: Readonly<Record<string, string>>
  readonly probeFile: string
}

const callOthers = (subject: Subject, requests: number) =>
  runLoad({
    origin: subject.origin,
    path: '/v1/chat/completions',
    headers: subject.headers,
    body: requestBody({ model: REQUESTED_MODEL, stream: false, events: 0 }),
    connections: 16,
    requests,
  })

const measureMemory = async (
  subject: Subject,
  streams: number,
): Promise<{ readonly perStream: BytesPerStream; readonly flowing: number }> => {
  // Compiled code and grown pools are not the streams'.
  await callOthers(subject, WARM_UP_CALLS)
  const warmUp = await openStreams({
    origin: subject.origin,
    headers: subject.headers,
    streams: WARM_UP_STREAMS,
    events: EVENTS,
  })
  await sleep(STEADY_MS)
  await warmUp.close()
  const before = await readMemoryUse(subject.pid, subject.probeFile)
  const open = await openStreams({ origin: subject.origin, headers: subject.headers, streams, events: EVENTS })
  await sleep(STEADY_MS)
  const after = await readMemoryUse(subject.pid, subject.probeFile)
  const flowing = open.flowing()
  await open.close()
  return {
    flowing,
    perStream: {
      rss: (after.rss - before.rss) / streams,
      heapAndExternal: (after.heapAndExternal - before.heapAndExternal) / streams,
    },
  }
}

const measureSlowReaders = async (subject: Subject, readers: number): Promise<StreamsReport['p99Ms']> => {
  const alone = await callOthers(subject, WARM_UP_CALLS)
  const slow = await openStreams({
    origin: subject.origin,
    headers: subject.headers,
    streams: readers,
    events: EVENTS,
    slow: true,
  })
  const beside = await callOthers(subject, WARM_UP_CALLS)
  await slow.close()
  return { alone: alone.latencyMs.p99, besideSlowReaders: beside.latencyMs.p99 }
}

/** Thousands of streams through one process, beside the floor. Systems of their own: a heap that already served a bench has room to spare. */
export const measureStreams = async ({ openStreams: streams, slowReaders }: StreamsPlan): Promise<StreamsReport> => {
  const folder = await mkdtemp(join(tmpdir(), 'atpar-streams-'))
  const floorFile = join(folder, 'floor.json')
  const productFile = join(folder, 'product.json')
  const upstream = await spawnServer(new URL('./upstream.ts', import.meta.url), { parameters: [EVENT_INTERVAL_MS] })
  const floor = await spawnServer(new URL('./floor-proxy.ts', import.meta.url), {
    parameters: [upstream.origin],
    env: probeEnv(floorFile),
  })
  const system = await startSystem({ upstreamUrl: upstream.origin, proxyEnv: probeEnv(productFile) })
  try {
    const tenant = await createRoomyTenant(system, 'streams')
    const product: Subject = {
      pid: system.proxies[0]?.pid() ?? 0,
      origin: system.proxyUrls[0] ?? '',
      headers: { authorization: `Bearer ${tenant.key}` },
      probeFile: productFile,
    }
    const onFloor = await measureMemory(
      { pid: floor.pid, origin: floor.origin, headers: {}, probeFile: floorFile },
      streams,
    )
    const onProduct = await measureMemory(product, streams)
    await sleep(STEADY_MS)
    return {
      streams,
      flowing: onProduct.flowing,
      floor: onFloor.perStream,
      product: onProduct.perStream,
      p99Ms: await measureSlowReaders(product, slowReaders),
      slowReaders,
    }
  } finally {
    await system.stop()
    await floor.stop()
    await upstream.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
