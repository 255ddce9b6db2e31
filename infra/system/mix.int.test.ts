import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadSnapshot } from '@atpar/db/gateway'
import { createRandom } from './random.ts'
import { readEvents, reconcile } from './reconcile.ts'
import { waitUntilSettled } from './settled.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant } from './tenant.ts'
import { planTraffic, playTraffic } from './traffic.ts'

const SEED = 20_261_122

describe('a mix of callers, models and endings', () => {
  let system: RunningSystem
  beforeAll(async () => {
    system = await startSystem()
  }, 90_000)
  afterAll(() => system.stop())

  it('bills and absorbs exactly what the providers would, at list price', async () => {
    const tenant = await createTenant(system.owner, { name: 'mix' })
    const [proxyUrl] = system.proxyUrls
    const results = await playTraffic(planTraffic(createRandom(SEED), 400), {
      proxyUrl: proxyUrl ?? '',
      key: tenant.key,
      concurrency: 16,
    })
    await waitUntilSettled(system)
    const events = await readEvents(system.owner, tenant.orgId)
    const books = system.simulators?.books.entries() ?? []
    const found = reconcile(events, books, await loadSnapshot(system.owner))

    const meantToWork = results.filter(({ plan }) => plan.kind !== 'failed' && plan.kind !== 'cut')
    expect(
      meantToWork.flatMap(({ plan, status, body }) =>
        status === 200 ? [] : [`${plan.kind} ${plan.model} ${status} ${body.slice(0, 300)}`],
      ),
    ).toEqual([])
    expect(found.missing).toEqual([])
    expect(found.duplicates).toEqual([])
    expect(found.exact.mismatches).toEqual([])
    expect(found.exact.oursPusd).toBe(found.exact.theirsPusd)
    expect(found.partial.overcharged).toEqual([])
    // The mix must really have held what it is meant to prove.
    expect(found.exact.attempts).toBeGreaterThan(250)
    expect(found.partial.attempts).toBeGreaterThan(10)
    expect(books.flatMap((entry) => entry.unknownFields)).toEqual([])
    for (const event of events) expect(event.costPusd).toBe(event.billedPusd + event.absorbedPusd)
  }, 120_000)
})
