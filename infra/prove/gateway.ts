import { loadSnapshot } from '@atpar/db/gateway'
import { PROVIDERS } from '@atpar/providers/registry'
import type { Figure } from '../bench/figures.ts'
import { judgeBigBodies, judgeConverted } from '../bench/judge-speed.ts'
import { measureBigBodies } from '../bench/measure-big-bodies.ts'
import { FULL_SPEED, measureCpu, QUICK_SPEED } from '../bench/speed.ts'
import { AIMOCK_TASKS, teachTasks } from '../system/aimock/aimock-tasks.ts'
import { AIMOCK_UPSTREAMS, startAimock } from '../system/aimock/aimock-upstreams.ts'
import { AIMOCK_CASES, playAimock } from '../system/aimock/play-aimock.ts'
import { playCanary, startCanarySystem } from '../system/canary/play-canary.ts'
import { CLIENT_CASES } from '../system/clients/all-cases.ts'
import { FEATURE_IDS } from '../system/matrix/features.ts'
import type { MatrixSystem } from '../system/matrix/matrix-system.ts'
import { playCell } from '../system/matrix/play-cell.ts'
import { findRefusal } from '../system/matrix/refusals.ts'
import { SPEAKERS } from '../system/matrix/speakers.ts'
import { UPSTREAMS } from '../system/matrix/upstreams.ts'
import { startSystem } from '../system/start-system.ts'
import { createTenant } from '../system/tenant.ts'
import { proveTogether } from './by-tests.ts'
import { figuresOrReason } from './figures-or-reason.ts'
import type { ProveOptions } from './options.ts'
import { proveParts, type Part } from './parts.ts'

/** Every dialect, every endpoint, every provider: a figure for each of its promises. */
export const proveGateway = (options: ProveOptions): Promise<readonly Figure[]> => proveParts(PARTS, options)

const proveOnStage = async (options: ProveOptions): Promise<readonly Figure[]> => {
  const stage = await startCanarySystem()
  try {
    options.note('every format to every format')
    const matrix = await proveMatrix(stage, options)
    options.note('official clients')
    const clients = await proveClients(stage, options)
    options.note('the catalogue')
    const catalogue = await proveCatalogue(stage)
    options.note('a canary')
    return [matrix, clients, ...catalogue, await proveCanary(stage)]
  } finally {
    await stage.stop()
  }
}

const provePromises = async (options: ProveOptions): Promise<readonly Figure[]> => {
  const figures: Figure[] = []
  for (const { name, files } of PROMISES) {
    options.note(name)
    figures.push(...(await figuresOrReason(name, async () => [await proveTogether(name, { folder: '.', files })])))
  }
  return figures
}

const proveSpeed = async ({ quick }: ProveOptions): Promise<readonly Figure[]> => {
  const size = quick ? QUICK_SPEED : FULL_SPEED
  const converted = judgeConverted(await measureCpu(size, ['converted events']))
  return [converted, ...judgeBigBodies(await measureBigBodies(size))]
}

const MOST_SHOWN = 3
const describe = (troubles: readonly string[]): string =>
  troubles.length === 0 ? '' : `; ${troubles.length} wrong: ${troubles.slice(0, MOST_SHOWN).join('; ')}`

const proveMatrix = async (stage: MatrixSystem, { isStopped }: ProveOptions): Promise<Figure> => {
  const troubles: string[] = []
  let played = 0
  let refused = 0
  for (const speaker of SPEAKERS)
    for (const upstream of UPSTREAMS)
      for (const feature of FEATURE_IDS) {
        if (isStopped()) break
        const cell = { speaker, upstream, feature }
        const verdict = await playCell(stage, cell)
        const expected = findRefusal(cell) === null ? 'passes' : 'refused'
        played += 1
        if (verdict.kind === 'refused') refused += 1
        if (verdict.kind !== expected)
          troubles.push(
            `${feature} from ${speaker.title} to ${upstream.title}: ${verdict.kind === 'fails' ? verdict.troubles.join(', ') : verdict.kind}`,
          )
      }
  const all = SPEAKERS.length * UPSTREAMS.length * FEATURE_IDS.length
  return {
    name: `${SPEAKERS.length} callers' formats × ${UPSTREAMS.length} of providers × ${FEATURE_IDS.length} things to want`,
    value: `${played - refused - troubles.length} work, ${refused} refused as documented, of ${all}${describe(troubles)}`,
    reach: 'all work or are a documented refusal',
    ok: troubles.length === 0 && played === all,
  }
}

const proveClients = async (stage: MatrixSystem, { isStopped }: ProveOptions): Promise<Figure> => {
  const troubles: string[] = []
  let played = 0
  for (const { client, what, models, play } of CLIENT_CASES)
    for (const model of models) {
      if (isStopped()) break
      played += 1
      await play(stage, model).catch((error: unknown) => {
        troubles.push(`${client}, ${what} at ${model}: ${error instanceof Error ? error.message : String(error)}`)
      })
    }
  const all = CLIENT_CASES.reduce((sum, { models }) => sum + models.length, 0)
  return {
    name: `${new Set(CLIENT_CASES.map(({ client }) => client)).size} official clients by their base URL alone`,
    value: `${played - troubles.length} of ${all}${describe(troubles)}`,
    reach: `${all} of ${all}`,
    ok: troubles.length === 0 && played === all,
  }
}

const proveCatalogue = async ({ system }: MatrixSystem): Promise<readonly Figure[]> => {
  const { offerings, models } = await loadSnapshot(system.owner)
  const all = [...offerings.values()]
  const byOpenRouter = all.filter(({ providerId }) => providerId === 'openrouter').length
  const unexplained = all.filter(
    ({ rates, unpricedReason, funding }) => rates === null && (unpricedReason ?? null) === null && funding !== 'local',
  )
  return [
    { name: 'providers', value: String(PROVIDERS.length), reach: '≥ 35', ok: PROVIDERS.length >= 35 },
    { name: 'models', value: String(models.size), reach: '≥ 150', ok: models.size >= 150 },
    {
      name: 'offerings',
      value: `${all.length}, ${byOpenRouter} of them through OpenRouter`,
      reach: '≥ 300, at most half through OpenRouter',
      ok: all.length >= 300 && byOpenRouter * 2 <= all.length,
    },
    {
      name: 'offerings without a price and without a reason',
      value: `${unexplained.length}${describe(unexplained.map(({ id }) => id))}`,
      reach: '0',
      ok: unexplained.length === 0,
    },
  ]
}

const proveCanary = async (stage: MatrixSystem): Promise<Figure> => {
  const { calls, places, leaks } = await playCanary(stage)
  return {
    name: 'a canary prompt, answer and keys in logs, errors, traces, URLs, files, Redis and Postgres',
    value: `${leaks.length} found after ${calls} calls in ${places} places${describe(leaks)}`,
    reach: '0',
    ok: leaks.length === 0 && calls > 0 && places > 0,
  }
}

const proveAimock = async (): Promise<readonly Figure[]> => {
  const mock = await startAimock()
  teachTasks(mock)
  const proxyEnv: Record<string, string> = Object.assign({}, ...AIMOCK_UPSTREAMS.map(({ env }) => env(mock.url)))
  const system = await startSystem({ proxyEnv })
  const troubles: string[] = []
  let played = 0
  try {
    const { key } = await createTenant(system.owner, { name: 'aimock' })
    const door = { proxyUrl: system.proxyUrls[0] ?? '', key }
    for (const upstream of AIMOCK_UPSTREAMS)
      for (const speaker of SPEAKERS)
        for (const what of AIMOCK_CASES) {
          played += 1
          const wrong = await playAimock(door, { speaker, upstream, what })
          if (wrong.length > 0) troubles.push(`${what} of ${upstream.format} to ${speaker.title}: ${wrong.join(', ')}`)
        }
    for (const { what, model, play } of AIMOCK_TASKS) {
      played += 1
      await play(door, model).catch((error: unknown) => {
        troubles.push(`${what} of ${model}: ${error instanceof Error ? error.message : String(error)}`)
      })
    }
  } finally {
    await system.stop()
    await mock.stop()
  }
  return [
    {
      name: `aimock as upstream in ${AIMOCK_UPSTREAMS.length} formats of chat, and ${AIMOCK_TASKS.length} tasks`,
      value: `${played - troubles.length} of ${played} intact${describe(troubles)}`,
      reach: `${played} of ${played}`,
      ok: troubles.length === 0 && played > 0,
    },
  ]
}

interface Promised {
  readonly name: string
  /** Test files that hold it. */
  readonly files: readonly string[]
}

/** What is pure is proven where it is tested. */
const PROMISES: readonly Promised[] = [
  { name: 'every recorded stream cut at every byte', files: ['apps/proxy/src/http/cut-anywhere.test.ts'] },
  {
    name: 'properties: tool ids, order, arguments, usage sums',
    files: ['packages/dialects/src/round-trip.test.ts'],
  },
  {
    name: 'usage by the providers’ own documentation',
    files: [
      'openai-chat',
      'openai-responses',
      'anthropic-messages',
      'gemini',
      'bedrock-converse',
      'cohere',
      'ollama',
    ].map((dialect) => `packages/dialects/src/${dialect}/usage.test.ts`),
  },
  {
    name: 'error catalogue against docs, both ways',
    files: ['apps/dashboard/docs/errors.test.ts', 'packages/core/src/errors.test.ts'],
  },
  {
    name: 'addresses nobody may reach through us: spelled in every way, rebound, redirected to',
    files: [
      'apps/proxy/src/upstream/public-address.test.ts',
      'packages/providers/src/own-base-url.test.ts',
      'packages/providers/src/custom-endpoint.test.ts',
    ],
  },
]

const PARTS: readonly Part[] = [
  { name: 'stage', play: proveOnStage },
  { name: 'aimock', play: proveAimock },
  { name: 'promises', notQuick: 'npm test looks at them', play: provePromises },
  { name: 'speed', notQuick: 'npm run bench -- --quick measures it', play: proveSpeed },
]
