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
  /** Requests of each kind that are measured; two before them are not. */
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
  /** Resident memory at its highest above what was there before, in bytes. */
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
  body: pictureBody,
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

const WARM_UP = 2
/** For what trails the answer: the settlement, the garbage of sockets. */
const SETTLE_MS = 300

const measureKind = async (subject: Subject, kind: Kind, rounds: number): Promise<BigBody> => {
  const body = Buffer.from(kind.body())
  let bytes = body.length
  const seen: { readonly during: Probed; readonly before: Probed }[] = []
  for (let round = 0; round < WARM_UP + rounds; round += 1) {
    const before = await readLoop(subject)
    const answer = await fetch(`${subject.origin}${kind.path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...subject.headers, ...kind.headers },
      body,
    })
    const answered = await answer.arrayBuffer()
    if (answer.status !== 200)
      throw new Error(`${kind.name}: ${answer.status} ${Buffer.from(answered).toString('utf8')}`)
    bytes = Math.max(bytes, answered.byteLength)
    await sleep(SETTLE_MS)
    const during = await readLoop(subject)
    if (round >= WARM_UP) seen.push({ during, before })
  }
  const worst = (of: (each: (typeof seen)[number]) => number): number => Math.max(...seen.map(of))
  return {
    name: kind.name,
    bytes,
    heldMs: worst(({ during }) => during.heldMs),
    heldByClockMs: worst(({ during }) => during.heldByClockMs),
    grown: worst(({ during, before }) => during.peakRss - before.rss),
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
    const onFloor = await measureKind(bare, PICTURE, bigBodies)
    const onProduct: BigBody[] = []
    for (const kind of KINDS) onProduct.push(await measureKind(product, kind, bigBodies))
    return { floor: onFloor, product: onProduct }
  } finally {
    await system.stop()
    await floor.stop()
    await upstream.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
