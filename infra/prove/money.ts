import { MINUTE_MS } from '@atpar/core/durations'
import { formatUsd, pusd, type Pusd } from '@atpar/core/money'
import type { Figure } from '../bench/figures.ts'
import { closeAll, type CloseReport } from '../system/close-all.ts'
import { playMix, type MixReport } from '../system/mix-run.ts'
import { startSystem } from '../system/start-system.ts'
import { createTenant, type SeededTenant } from '../system/tenant.ts'
import type { ProveOptions } from './options.ts'
import { measureBigInvoice, measureClose, measureIngest } from '../bench/billing-speed.ts'
import { measureExport } from '../bench/export-speed.ts'
import { measureRerating } from '../bench/rerate-speed.ts'
import { startPrivatePostgres } from '../system/private-postgres.ts'
import { proveByTests, type TestSuite } from './by-tests.ts'
import { figuresOrReason } from './figures-or-reason.ts'
import { proveParts, type Part } from './parts.ts'
import { proveScenarios } from './scenarios.ts'

/** Money: how fast it is counted and invoiced, every fault scenario, what tests promise, and a long mix with everything that can move under it. */
export const proveMoney = (options: ProveOptions): Promise<readonly Figure[]> =>
  proveParts(PARTS, { ...options, only: options.only ?? (options.scenario === null ? null : 'scenarios') })

/** What customers recompute their invoices with. */
const VERIFY: TestSuite = { folder: 'packages/verify', files: ['src/verify.test.ts'] }
const SUITES: readonly TestSuite[] = [
  // A decrease learnt late gives back by itself, what has no price is refused with 422, more than ×3 waits for a person.
  { folder: 'infra', files: ['system/prices.int.test.ts'] },
  // Suspended by the clock in every format, and back by the payment.
  { folder: 'infra', files: ['system/dunning.int.test.ts'] },
  // Duplicated, late, replayed and forged webhooks, and an empty secret; late and reordered ones are scenarios 26 to 29.
  { folder: 'apps/dashboard', files: ['src/stripe/receive-webhook.int.test.ts'] },
  { folder: 'apps/worker', files: ['src/collect/stripe-events.int.test.ts'] },
  // In Chromium: a card, a month, dunning, a refund and a dispute, a balance that tops itself up once.
  { folder: 'infra', files: ['e2e/billing.e2e.test.ts'] },
]

const proveSuites = async ({ note }: ProveOptions): Promise<readonly Figure[]> => {
  const figures: Figure[] = []
  for (const suite of SUITES) {
    const name = `${suite.folder}: ${suite.files.join(', ')}`
    note(`promises of ${name}`)
    figures.push(...(await figuresOrReason(name, () => proveByTests(suite))))
  }
  return figures
}

/** How fast usage comes in, months close, a big invoice is made, a month is re-rated and exported, on a Postgres of its own. */
const proveSpeeds = async ({ quick, note }: ProveOptions): Promise<readonly Figure[]> => {
  const postgres = await startPrivatePostgres()
  const bench = { postgres, note }
  const measured: readonly (readonly [name: string, measure: () => Promise<Figure>])[] = [
    ['ingest', () => measureIngest(bench, quick ? 20_000 : 200_000)],
    ['close', () => measureClose(bench, quick ? 50 : 10_000)],
    ['export', () => measureExport(bench, quick ? 10_000 : 1_000_000)],
    ['re-rating', () => measureRerating(bench, quick ? 5_000 : 1_000_000)],
    ['one invoice', () => measureBigInvoice(bench, quick ? 10_000 : 10_000_000)],
  ]
  const figures: Figure[] = []
  try {
    for (const [name, measure] of measured)
      figures.push(...(await figuresOrReason(name, async () => [await measure()])))
  } finally {
    await postgres.drop()
  }
  return figures
}

const QUICK_REQUESTS = 1_000
const FULL_REQUESTS = 1_000_000
const BATCH = 20_000
const CONCURRENCY = 96
const TENANTS = 20
const QUICK_TENANTS = 6
/** A shorter run can be over its last prices before every proxy has heard of them. */
const EVERY_BOOK_SEEN = 10_000
/** The clocks of three machines: right, five minutes ahead, five minutes behind. */
const SKEWS_MS = [0, 5 * MINUTE_MS, -5 * MINUTE_MS]

const BUDGETS = { organization: '1000000', team: '900000', member: '800000', key: '700000' }

const proveMix = async (options: ProveOptions): Promise<readonly Figure[]> => {
  const { quick, seed, note, isStopped } = options
  const requests = options.requests ?? (quick ? QUICK_REQUESTS : FULL_REQUESTS)
  note(`a mix of ${requests} requests`)
  const system = await startSystem({
    proxies: SKEWS_MS.length,
    clockSkewsMs: SKEWS_MS,
    worker: true,
    privatePostgres: true,
    proxyEnv: { LOG_LEVEL: 'error' },
    shipperEnv: { LOG_LEVEL: 'error' },
    workerEnv: { LOG_LEVEL: 'error' },
  })
  try {
    const tenants: SeededTenant[] = []
    for (let index = 0; index < (quick ? QUICK_TENANTS : TENANTS); index += 1)
      tenants.push(await createTenant(system.owner, { name: `mix-${index + 1}`, budgets: BUDGETS }))
    const mix = await playMix(system, tenants, {
      seed,
      requests,
      concurrency: CONCURRENCY,
      batch: BATCH,
      isStopped,
      note,
    })
    note(`answers: ${JSON.stringify(mix.answers)}`)
    note('closing')
    const closed = await closeAll(system, tenants, mix.periods)
    return describeMix(mix, closed, { seed, books: requests < EVERY_BOOK_SEEN ? 2 : 4 })
  } finally {
    await system.stop()
  }
}

const dollars = (amount: Pusd): string => `$${formatUsd(amount)}`

const describeMix = (
  mix: MixReport,
  closed: CloseReport,
  { seed, books }: { readonly seed: number; readonly books: number },
): readonly Figure[] => [
  {
    name: `${mix.requests} requests through three proxies with clocks 5 min apart, ${mix.priceBooks} price books, months ${mix.periods.join(', ')}, seed ${seed}`,
    value: `${mix.seconds.toFixed(0)} s, ${(mix.requests / mix.seconds).toFixed(0)}/s, ${mix.mislabelled.length} of our faults as 401/429`,
    reach: `2 months or more, ${books} books or more, 0 mislabelled`,
    ok: mix.periods.length >= 2 && mix.priceBooks >= books && mix.mislabelled.length === 0,
  },
  {
    name: "final counts: ours against the providers' books × the price book pinned",
    value: `${dollars(mix.exact.oursPusd)} against ${dollars(mix.exact.theirsPusd)} over ${mix.exact.attempts} attempts${mix.troubles.length === 0 ? '' : `; ${mix.troubles.join('; ')}`}`,
    reach: 'equal to the pico-dollar, nothing missing, twice or invented',
    ok: mix.exact.attempts > 0 && mix.exact.oursPusd === mix.exact.theirsPusd && mix.troubles.length === 0,
  },
  {
    name: 'aborted and cut answers',
    value: `${dollars(mix.partial.oursPusd)} of ${dollars(mix.partial.theirsPusd)} over ${mix.partial.attempts}`,
    reach: 'never above the book',
    ok: mix.partial.attempts > 0 && mix.partial.oursPusd <= mix.partial.theirsPusd,
  },
  {
    name: 'billed + absorbed, all events in Postgres against those held against the books',
    value: dollars(pusd(closed.billedPusd + closed.absorbedPusd)),
    reach: `= ${dollars(pusd(mix.billedPusd + mix.absorbedPusd))}, each request ended once (${closed.unended} not)`,
    ok: closed.billedPusd === mix.billedPusd && closed.absorbedPusd === mix.absorbedPusd && closed.unended === 0,
  },
  {
    name: `${closed.invoices} invoices`,
    value: `${dollars(closed.invoicedPusd)}; slowest close ${closed.slowestCloseMs.toFixed(0)} ms`,
    reach: `= billed ${dollars(closed.billedPusd)} and corrections of ${dollars(closed.correctedPusd)}`,
    ok: closed.invoices > 0 && closed.invoicedPusd === closed.billedPusd + closed.correctedPusd,
  },
  {
    name: `${closed.proofs} proofs of every organization's months`,
    value: closed.troubles.length === 0 ? 'zero' : closed.troubles.slice(0, 5).join('; '),
    reach: 'zero',
    ok: closed.proofs > 0 && closed.troubles.length === 0,
  },
]

/** The cheap ones first: whoever stops the last has seen the rest. */
const PARTS: readonly Part[] = [
  { name: 'verify', play: () => proveByTests(VERIFY) },
  { name: 'speeds', play: proveSpeeds },
  { name: 'scenarios', play: proveScenarios },
  { name: 'promises', notQuick: 'it builds and drives the whole product', play: proveSuites },
  { name: 'mix', play: proveMix },
]
