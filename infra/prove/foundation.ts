import { formatUsd, pusd, ZERO_PUSD, type Pusd } from '@atpar/core/money'
import { loadSnapshot } from '@atpar/db/gateway'
import { createPool } from '@atpar/db/pool'
import type { Figure } from '../bench/figures.ts'
import { judgeMainJob } from '../bench/judge-speed.ts'
import { FULL_SPEED, measureCpu, QUICK_SPEED } from '../bench/speed.ts'
import { closeMonth } from '../operator/close-month.ts'
import { proveOrganization } from '../operator/prove-organization.ts'
import { describeCap, playCap, readHeld } from '../system/caps.ts'
import { askEveryFamily } from '../system/families.ts'
import { playFault } from '../system/faults.ts'
import { createRandom } from '../system/random.ts'
import { readEvents, reconcile } from '../system/reconcile.ts'
import { waitUntilSettled } from '../system/settled.ts'
import { startSystem, type RunningSystem } from '../system/start-system.ts'
import { FAULTS } from '../system/strike.ts'
import { createTenant } from '../system/tenant.ts'
import { planTraffic, playTraffic } from '../system/traffic.ts'
import type { ProveOptions } from './options.ts'
import { proveParts, type Part } from './parts.ts'

/** The main job: every family of models, money equal to the providers' books and to the invoice, caps, failover, faults, speed. */
export const proveFoundation = (options: ProveOptions): Promise<readonly Figure[]> => proveParts(PARTS, options)

const proveOnStage = async (options: ProveOptions): Promise<readonly Figure[]> => {
  const figures: Figure[] = []
  const system = await startSystem({ worker: true, privatePostgres: true, tokenDelayMs: 2 })
  try {
    options.note('official clients')
    figures.push(await proveFamilies(system))
    options.note('failover')
    figures.push(await proveFailover(system))
    options.note('caps')
    figures.push(...(await proveCaps(system)))
    options.note('faults')
    figures.push(...(await proveFaults(system, options)))
    // Last, because closing the month moves the clock of the whole installation.
    options.note('a mix, and its invoice')
    figures.push(...(await proveMoney(system, options)))
  } finally {
    await system.stop()
  }
  return figures
}

const proveSpeed = async ({ quick }: ProveOptions): Promise<readonly Figure[]> =>
  judgeMainJob(await measureCpu(quick ? QUICK_SPEED : FULL_SPEED, ['requests', 'events', 'converted events']))

const proveFamilies = async (system: RunningSystem): Promise<Figure> => {
  const tenant = await createTenant(system.owner, { name: 'families' })
  const { right, asked, wrong } = await askEveryFamily(system.proxyUrls[0] ?? '', tenant.key)
  return {
    name: 'answers of openai and @anthropic-ai/sdk over 6 families, streamed and not, usage right',
    value: `${right} of ${asked}${wrong.length === 0 ? '' : ` (${wrong.join('; ')})`}`,
    reach: `${asked} of ${asked}`,
    ok: right === asked,
  }
}

const proveFailover = async (system: RunningSystem): Promise<Figure> => {
  const tenant = await createTenant(system.owner, { name: 'failover' })
  system.simulators?.faults.add({ provider: 'openai', directive: { status: 500 }, times: 1 })
  const answer = await fetch(`${system.proxyUrls[0] ?? ''}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tenant.key}` },
    body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hello' }] }),
  })
  await answer.text()
  await waitUntilSettled(system)
  const { rows } = await system.owner.query<{ attempts: number; billed: number }>(
    'SELECT count(*)::int AS attempts, (count(*) FILTER (WHERE billed_pusd > 0))::int AS billed FROM usage_event WHERE org_id = $1',
    [tenant.orgId],
  )
  const seen = { attempts: rows[0]?.attempts ?? 0, billed: rows[0]?.billed ?? 0 }
  return {
    name: 'one offering answers 500',
    value: `${answer.status}, ${seen.attempts} attempts in the trail, ${seen.billed} billed`,
    reach: '200, 2 attempts, 1 billed',
    ok: answer.status === 200 && seen.attempts === 2 && seen.billed === 1,
  }
}

const proveCaps = async (system: RunningSystem): Promise<readonly Figure[]> => {
  const figures: Figure[] = []
  for (const stream of [false, true]) {
    const tenant = await createTenant(system.owner, { name: 'cap', budgets: { key: '0.05' } })
    const report = await playCap(system, tenant, { budget: '0.05', parallel: 200, stream })
    const held = await readHeld(system, tenant.orgId)
    figures.push({
      name: `200 parallel calls on a $0.05 key budget, ${stream ? 'streamed' : 'whole'}`,
      value: `${describeCap(report)}, ${held} nUSD held afterwards, refused by the ${report.refusal?.scope ?? '?'}`,
      reach: '≤ $0.05, 402 naming the key, 0 held',
      ok:
        report.billedPusd <= report.budgetPusd &&
        report.answered > 0 &&
        report.others.length === 0 &&
        report.refusal?.scope === 'key' &&
        held === 0n,
    })
  }
  return figures
}

const proveFaults = async (system: RunningSystem, { quick, seed, note }: ProveOptions): Promise<readonly Figure[]> => {
  const figures: Figure[] = []
  for (const [index, fault] of FAULTS.entries()) {
    note(`kill -9: ${fault}`)
    const tenant = await createTenant(system.owner, { name: `fault-${fault}` })
    const report = await playFault(system, tenant, {
      fault,
      seed: seed + index,
      calls: quick ? 100 : 400,
      concurrency: 12,
    })
    const { missing, duplicates, exact, partial } = report.reconciliation
    const differences = await proveOne(system, tenant.slug)
    const troubles =
      missing.length +
      duplicates.length +
      exact.mismatches.length +
      partial.overcharged.length +
      report.unaccounted.length +
      report.mislabelled.length +
      differences.length
    figures.push({
      name: `kill -9 of ${fault} under load`,
      value: `${exact.attempts} exact, ${missing.length} missing, ${duplicates.length} twice, ${exact.mismatches.length} off, ${report.unaccounted.length} received but unaccounted, ${report.mislabelled.length} of our faults as 401/429, proofs ${differences.length === 0 ? 'zero' : differences.join('; ')}`,
      reach: 'all 0, P1 and P5 zero',
      ok: troubles === 0 && exact.attempts > 0,
    })
  }
  return figures
}

/** Proofs that do not hold, in words. */
const proveOne = async (system: RunningSystem, slug: string): Promise<readonly string[]> => {
  const pool = createPool({ url: system.database.urlFor('worker'), max: 2, applicationName: 'prove' })
  try {
    const { lines } = await proveOrganization(pool, slug)
    return lines.filter((line) => !line.endsWith('holds'))
  } finally {
    await pool.end()
  }
}

const proveMoney = async (system: RunningSystem, { quick, seed }: ProveOptions): Promise<readonly Figure[]> => {
  const tenant = await createTenant(system.owner, { name: 'mix' })
  const since = new Date()
  const calls = quick ? 300 : 1_000
  await playTraffic(planTraffic(createRandom(seed), calls), {
    proxyUrl: system.proxyUrls[0] ?? '',
    key: tenant.key,
    concurrency: 16,
  })
  await waitUntilSettled(system)
  const events = await readEvents(system.owner, tenant.orgId)
  const found = reconcile(events, system.simulators?.books.entries({ since }) ?? [], await loadSnapshot(system.owner))
  const cost = events.reduce<Pusd>((sum, event) => pusd(sum + event.costPusd), ZERO_PUSD)
  const pool = createPool({ url: system.database.urlFor('worker'), max: 2, applicationName: 'prove' })
  try {
    const closed = await closeMonth({
      pool,
      orgSlug: tenant.slug,
      mayMoveClock: true,
      publishChange: () => Promise.resolve(),
      log: () => {},
    })
    const proofs = await proveOrganization(pool, tenant.slug)
    const { rows } = await system.owner.query<{ usage: string }>(
      'SELECT coalesce(sum(usage_pusd), 0)::text AS usage FROM invoice WHERE org_id = $1',
      [tenant.orgId],
    )
    const invoiced = pusd(BigInt(rows[0]?.usage ?? '0'))
    return [
      {
        name: `${calls} mixed requests: ours against the providers' books × the price book, final counts`,
        value: `$${formatUsd(found.exact.oursPusd)} against $${formatUsd(found.exact.theirsPusd)} over ${found.exact.attempts} attempts, ${found.exact.mismatches.length} off, ${found.missing.length} missing`,
        reach: 'equal to the pico-dollar, 0 missing',
        ok:
          found.exact.attempts > 0 &&
          found.exact.mismatches.length === 0 &&
          found.exact.oursPusd === found.exact.theirsPusd &&
          found.missing.length === 0,
      },
      {
        name: 'aborted and cut answers',
        value: `$${formatUsd(found.partial.oursPusd)} of $${formatUsd(found.partial.theirsPusd)} over ${found.partial.attempts}, ${found.partial.overcharged.length} above the book`,
        reach: '0 above the book',
        ok: found.partial.overcharged.length === 0 && found.partial.attempts > 0,
      },
      {
        name: 'billed + absorbed',
        value: `$${formatUsd(pusd(found.billedPusd + found.absorbedPusd))}`,
        reach: `= cost $${formatUsd(cost)}`,
        ok: found.billedPusd + found.absorbedPusd === cost,
      },
      {
        name: 'the month closed: invoice',
        value: `$${formatUsd(invoiced)} (${closed.kind})`,
        reach: `= billed $${formatUsd(found.billedPusd)}`,
        ok: closed.kind !== 'blocked' && invoiced === found.billedPusd,
      },
      {
        name: 'proofs P1, P2, P3, P5',
        value: proofs.allHold ? 'zero' : proofs.lines.filter((line) => !line.endsWith('holds')).join('; '),
        reach: 'zero',
        ok: proofs.allHold,
      },
    ]
  } finally {
    await pool.end()
  }
}

const PARTS: readonly Part[] = [
  { name: 'main-job', play: proveOnStage },
  { name: 'speed', play: proveSpeed },
]
