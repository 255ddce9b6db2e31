import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from './random.ts'
import { waitUntilSettled } from './settled.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant, type SeededTenant } from './tenant.ts'
import { planTraffic, playTraffic } from './traffic.ts'

const SEED = 77

describe.skipIf(process.platform !== 'linux')('several proxy processes on one port', () => {
  let system: RunningSystem
  let tenant: SeededTenant
  beforeAll(async () => {
    system = await startSystem({ proxyEnv: { PROXY_PROCESSES: '2', PROXY_DRAIN_SECONDS: '20' }, tokenDelayMs: 20 })
    tenant = await createTenant(system.owner, { name: 'processes' })
  }, 90_000)
  afterAll(() => system.stop())

  it('share the work, each with a journal of its own', async () => {
    const results = await playTraffic(
      planTraffic(createRandom(SEED), 120).filter((plan) => plan.kind === 'plain'),
      { proxyUrl: system.proxyUrls[0] ?? '', key: tenant.key, concurrency: 24 },
    )
    expect(results.filter((result) => result.status !== 200)).toEqual([])
    await waitUntilSettled(system)
    const { rows } = await system.owner.query<{ proxy_id: string; events: number }>(
      'SELECT proxy_id, count(*)::int AS events FROM usage_event WHERE org_id = $1 GROUP BY 1 ORDER BY 1',
      [tenant.orgId],
    )
    expect(rows.map((row) => row.proxy_id)).toEqual(['proxy-1-1', 'proxy-1-2'])
    expect(rows.reduce((sum, row) => sum + row.events, 0)).toBe(results.length)
  }, 60_000)

  it('finish the answers they are giving when they are asked to stop, and settle them', async () => {
    const answer = await fetch(`${system.proxyUrls[0] ?? ''}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tenant.key}` },
      body: JSON.stringify({
        model: 'gpt-4o-mini',
        stream: true,
        messages: [{ role: 'user', content: 'a long story [[sim:{"tokens":60}]]' }],
      }),
    })
    const requestId = answer.headers.get('x-request-id')
    const [exitCode, text] = await Promise.all([system.proxies[0]?.stop(25_000), answer.text()])
    expect(exitCode).toBe(0)
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true)
    await waitUntilSettled(system)
    const { rows } = await system.owner.query('SELECT outcome, usage_source FROM usage_event WHERE request_id = $1', [
      requestId,
    ])
    expect(rows).toEqual([{ outcome: 'ok', usage_source: 'provider_final' }])
  }, 60_000)
})
