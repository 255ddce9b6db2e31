import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startSystem } from '../system/start-system.ts'
import { anthropicPictureBody, pictureBody, textsBody } from './answers.ts'
import { probeEnvOf, readProbe } from './probe.ts'
import { createRoomyTenant } from './roomy-tenant.ts'
import { spawnServer } from './spawned.ts'

export interface BigBodiesPlan {
  /** Requests of each kind that are measured. */
  readonly bigBodies: number
}

/** What one kind of big body did to a process, the worst of all requests. */
export interface BigBody {
  readonly name: string
  /** Of the larger of request and answer. */
  readonly bytes: number
  /** The longest that the event loop's thread worked at a stretch. */
  readonly heldMs: number
  /** The same by the clock, where other processes count too. */
  readonly heldByClockMs: number
  /** Resident memory at its highest above what was there before any large body, in bytes: with all that is left of those before. */
  readonly grown: number
}

export interface BigBodiesReport {
  /** The floor on the first kind, which it parses where it listens. */
  readonly floor: BigBody
  readonly product: readonly BigBody[]
}

interface Kind {
  readonly name: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: () => string
}

const PICTURE: Kind = {
  name: 'a picture of 20 MB',
  path: '/v1/chat/completions',
  headers: {},
  body: () => pictureBody(),
}
const KINDS: readonly Kind[] = [
  PICTURE,
  {
    name: 'the same from Anthropic to OpenAI',
    path: '/v1/messages',
    headers: { 'anthropic-version': '2023-06-01' },
    body: anthropicPictureBody,
  },
  { name: '2,048 texts and their vectors', path: '/v1/embeddings', headers: {}, body: textsBody },
]

interface Subject {
  readonly pid: number
  readonly origin: string
  readonly headers: Readonly<Record<string, string>>
  readonly probeFile: string
}

interface Probed {
  readonly heldMs: number
  readonly heldByClockMs: number
  readonly peakRss: number
  readonly rss: number
}

const readLoop = async ({ pid, probeFile }: Subject): Promise<Probed> =>
  JSON.parse(await readProbe(pid, probeFile)) as Probed

/** Of a size that does not show: threads are started and code is compiled by them. */
const WARM_UP = 6
const WARM_UP_BYTES = 1_600_000
/** For what trails the answer: the settlement, the garbage of sockets. */
const SETTLE_MS = 300

interface Asked {
  readonly kind: Kind
  readonly body: Buffer
}

/** @returns the bytes of the answer. */
const ask = async (subject: Subject, { kind, body }: Asked): Promise<number> => {
  const answer = await fetch(`${subject.origin}${kind.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...subject.headers, ...kind.headers },
    body,
  })
  const answered = await answer.arrayBuffer()
  if (answer.status !== 200) throw new Error(`${kind.name}: ${answer.status} ${Buffer.from(answered).toString('utf8')}`)
  await sleep(SETTLE_MS)
  return answered.byteLength
}

/** @returns the memory that is there before any large body. */
const warmUp = async (subject: Subject): Promise<number> => {
  const body = Buffer.from(pictureBody(WARM_UP_BYTES))
  for (let round = 0; round < WARM_UP; round += 1) {
    await ask(subject, { kind: PICTURE, body })
    await readLoop(subject)
  }
  return (await readLoop(subject)).rss
}

interface KindPlan {
  readonly kind: Kind
  readonly rounds: number
  readonly idleRss: number
}

const measureKind = async (subject: Subject, { kind, rounds, idleRss }: KindPlan): Promise<BigBody> => {
  const body = Buffer.from(kind.body())
  let bytes = body.length
  const seen: Probed[] = []
  for (let round = 0; round < rounds; round += 1) {
    bytes = Math.max(bytes, await ask(subject, { kind, body }))
    seen.push(await readLoop(subject))
  }
  const worst = (of: (each: Probed) => number): number => Math.max(...seen.map(of))
  return {
    name: kind.name,
    bytes,
    heldMs: worst(({ heldMs }) => heldMs),
    heldByClockMs: worst(({ heldByClockMs }) => heldByClockMs),
    grown: worst(({ peakRss }) => peakRss) - idleRss,
  }
}

/** Bodies of megabytes, one at a time, through a process of its own: how long its event loop is held and how far its memory grows. */
export const measureBigBodies = async ({ bigBodies }: BigBodiesPlan): Promise<BigBodiesReport> => {
  const folder = await mkdtemp(join(tmpdir(), 'atpar-bodies-'))
  const fileOf = (name: string): string => join(folder, `${name}.json`)
  const upstream = await spawnServer(new URL('./upstream.ts', import.meta.url))
  const floor = await spawnServer(new URL('./floor-proxy.ts', import.meta.url), {
    parameters: [upstream.origin],
    env: probeEnvOf('loop-probe.mjs', fileOf('floor')),
  })
  const system = await startSystem({
    upstreamUrl: upstream.origin,
    proxyEnv: probeEnvOf('loop-probe.mjs', fileOf('product')),
  })
  try {
    const { key } = await createRoomyTenant(system, 'bodies')
    const product: Subject = {
      pid: system.proxies[0]?.pid() ?? 0,
      origin: system.proxyUrls[0] ?? '',
      headers: { authorization: `Bearer ${key}` },
      probeFile: fileOf('product'),
    }
    const bare: Subject = { pid: floor.pid, origin: floor.origin, headers: {}, probeFile: fileOf('floor') }
    const rounds = bigBodies
    const onFloor = await measureKind(bare, { kind: PICTURE, rounds, idleRss: await warmUp(bare) })
    const idleRss = await warmUp(product)
    const onProduct: BigBody[] = []
    for (const kind of KINDS) onProduct.push(await measureKind(product, { kind, rounds, idleRss }))
    return { floor: onFloor, product: onProduct }
  } finally {
    await system.stop()
    await floor.stop()
    await upstream.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
