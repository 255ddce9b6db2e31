import { createRandom } from '../random.ts'
import { waitUntilSettled } from '../settled.ts'
import type { RunningSystem } from '../start-system.ts'
import { createTenant } from '../tenant.ts'
import { planTraffic, playTraffic, type PlannedCall } from '../traffic.ts'
import { countStatuses, playCommon, proveOne, type Scenario, type ScenarioPlan } from './scenario.ts'

const play = async (system: RunningSystem, { seed }: ScenarioPlan, traffic: readonly PlannedCall[]) => {
  const { report, troubles } = await playCommon(system, {
    seed,
    calls: traffic.length,
    concurrency: 24,
    settleMs: 90_000,
    traffic,
    disturb: () => Promise.resolve(),
  })
  return { report, troubles }
}

const planPlain = ({ seed, size }: ScenarioPlan): readonly PlannedCall[] =>
  planTraffic(createRandom(seed), size === 'small' ? 400 : 8_000).filter((call) => call.kind === 'plain')

const SPOILT = ['zero', 'negative', 'not_a_number', 'huge'] as const

interface SpoiltRow {
  readonly request_id: string
  readonly usage_source: string
  readonly billed: string
  readonly estimate: string
  readonly least: string
}

const playSpoilt = async (system: RunningSystem, { size }: ScenarioPlan) => {
  const tenant = await createTenant(system.owner, { name: 'spoilt', budgets: { key: '100' } })
  const plans = Array.from({ length: size === 'small' ? 2 : 25 }).flatMap(() =>
    [...SPOILT.map((kind) => ({ usage_is: kind })), { no_usage: true }].flatMap((fault) =>
      [true, false].map((stream): PlannedCall => ({
        kind: 'plain',
        dialect: 'openai-chat',
        model: 'gpt-4o',
        stream,
        directive: { tokens: 20, ...fault },
        maxTokens: 100,
        abortAfterEvents: null,
      })),
    ),
  )
  const results = await playTraffic(plans, { proxyUrl: system.proxyUrls[0] ?? '', key: tenant.key, concurrency: 8 })
  await waitUntilSettled(system)
  const { rows } = await system.owner.query<SpoiltRow>(
    `SELECT request_id, usage_source, billed_pusd::text AS billed, estimate_pusd::text AS estimate,
      (SELECT coalesce(min(value::numeric), 0)::text FROM jsonb_each_text(units)) AS least FROM usage_event WHERE org_id = $1`,
    [tenant.orgId],
  )
  const sources = [...Map.groupBy(rows, (row) => row.usage_source)].map(([source, all]) => `${source} × ${all.length}`)
  const troubles = [
    ...(rows.length === plans.length ? [] : [`${rows.length} events of ${plans.length} calls`]),
    ...rows.flatMap((row) => [
      ...(BigInt(row.billed) < 0n || Number(row.least) < 0 ? [`negative: ${row.request_id}`] : []),
      ...(BigInt(row.billed) > BigInt(row.estimate)
        ? [`billed above its hold: ${row.request_id} (${row.billed} of ${row.estimate})`]
        : []),
      ...(row.billed === '0' ? [`billed nothing for 20 tokens: ${row.request_id} (${row.usage_source})`] : []),
      ...(row.usage_source === 'provider_final' ? [`taken for a final count: ${row.request_id}`] : []),
    ]),
    ...results.flatMap((result) => (result.status === 200 ? [] : [`${result.status} ${result.body.slice(0, 100)}`])),
    ...(await proveOne(system, tenant.slug)),
  ]
  return { seen: sources.join(', '), troubles }
}

const ABORT_AT = [0, 1, 6, 58] as const

/** Providers that count wrongly or write oddly, and callers who hang up. */
export const PROVIDER_SCENARIOS: readonly Scenario[] = [
  {
    number: 19,
    fault: 'usage missing, zero, negative, not a number or 10^18',
    reach: 'estimated and marked so, never negative, never above its hold',
    system: { worker: true },
    play: playSpoilt,
  },
  {
    number: 20,
    fault: 'usage twice',
    reach: 'counted once',
    system: { worker: true },
    play: async (system, plan) => {
      const traffic = planPlain(plan).map((call) => ({ ...call, directive: { ...call.directive, usage_twice: true } }))
      const { report, troubles } = await play(system, plan, traffic)
      return { seen: `${report.reconciliation.exact.attempts} exact; ${countStatuses(report)}`, troubles }
    },
  },
  {
    number: 21,
    fault: 'streams written a few bytes at a time, cut inside characters, with comments in between',
    reach: 'every answer whole, usage exact',
    system: { worker: true },
    play: async (system, plan) => {
      const traffic = planPlain(plan).map((call, index) => ({
        ...call,
        stream: true,
        directive: {
          ...call.directive,
          chunk_bytes: 1 + (index % 7),
          ...(index % 2 === 0 ? { cut: 'mid-utf8' as const } : {}),
          ...(index % 3 === 0 ? { keep_alive: true } : {}),
        },
      }))
      const { report, troubles } = await play(system, plan, traffic)
      const broken = report.results.filter(
        (result) => !result.complete || result.status !== 200 || result.body.includes('\uFFFD'),
      )
      return {
        seen: `${report.reconciliation.exact.attempts} exact; ${countStatuses(report)}`,
        troubles: [...troubles, ...broken.map((result) => `not whole: ${result.status} ${result.body.slice(-100)}`)],
      }
    },
  },
  {
    number: 22,
    fault: `callers hang up after ${ABORT_AT.join(', ')} events`,
    reach: 'drained = the book, estimated ≤ the book, in each cancel policy',
    system: { worker: true, tokenDelayMs: 2 },
    play: async (system, plan) => {
      const random = createRandom(plan.seed)
      const traffic = planTraffic(random, plan.size === 'small' ? 2_400 : 90_000)
        .filter((call) => call.kind === 'aborted')
        .map((call, index) => ({
          ...call,
          directive: { tokens: 60, delay_ms: index % 4 === 3 ? 0 : 4 },
          abortAfterEvents: ABORT_AT[index % ABORT_AT.length] ?? 0,
        }))
      const { report, troubles } = await play(system, plan, traffic)
      const { exact, partial } = report.reconciliation
      return {
        seen: `${traffic.length} aborts: ${exact.attempts} drained and exact, ${partial.attempts} estimated at or below the book`,
        troubles: [
          ...troubles,
          ...(exact.attempts > 0 && partial.attempts > 0 ? [] : ['one of the policies was never met']),
        ],
      }
    },
  },
]
