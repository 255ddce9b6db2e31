import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitUntilSettled } from './settled.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant, type SeededTenant } from './tenant.ts'

interface EventRow {
  readonly attempt: number
  readonly provider: string
  readonly outcome: string
  readonly is_final: boolean
  readonly http_status: number
  readonly billed: string
  readonly trail: readonly {
    readonly attempt: number
    readonly provider: string
    readonly result: string
    readonly httpStatus: number
  }[]
}

describe('failover', () => {
  let system: RunningSystem
  let tenant: SeededTenant
  beforeAll(async () => {
    system = await startSystem()
    tenant = await createTenant(system.owner, { name: 'failover' })
  }, 90_000)
  afterAll(() => system.stop())

  const ask = async (stream: boolean) => {
    const answer = await fetch(`${system.proxyUrls[0] ?? ''}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tenant.key}` },
      body: JSON.stringify({
        model: 'gpt-4o-mini',
        stream,
        messages: [{ role: 'user', content: 'hello [[sim:{"tokens":7}]]' }],
      }),
    })
    return { status: answer.status, headers: answer.headers, body: await answer.text() }
  }

  const readEventsOf = async (requestId: string | null): Promise<readonly EventRow[]> => {
    const { rows } = await system.owner.query<EventRow>(
      'SELECT attempt, provider, outcome, is_final, http_status, billed_pusd::text AS billed, trail FROM usage_event WHERE request_id = $1 ORDER BY attempt',
      [requestId],
    )
    return rows
  }

  it.each([{ stream: false }, { stream: true }])(
    'answers 200 from the second offering when the first answers 500, and bills one (streamed: $stream)',
    async ({ stream }) => {
      system.simulators?.faults.add({ provider: 'openai', directive: { status: 500 }, times: 1 })
      const answer = await ask(stream)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('x-atpar-attempts')).toBe('2')
      expect(answer.headers.get('x-atpar-provider')).toBe('openrouter')
      await waitUntilSettled(system)
      const events = await readEventsOf(answer.headers.get('x-request-id'))
      expect(
        events.map(({ attempt, provider, outcome, is_final, http_status }) => ({
          attempt,
          provider,
          outcome,
          is_final,
          http_status,
        })),
      ).toEqual([
        { attempt: 1, provider: 'openai', outcome: 'upstream_error', is_final: false, http_status: 500 },
        { attempt: 2, provider: 'openrouter', outcome: 'ok', is_final: true, http_status: 200 },
      ])
      expect(events[0]?.billed).toBe('0')
      expect(BigInt(events[1]?.billed ?? '0')).toBeGreaterThan(0n)
      expect(
        events[1]?.trail.map(({ attempt, provider, result, httpStatus }) => ({
          attempt,
          provider,
          result,
          httpStatus,
        })),
      ).toEqual([
        { attempt: 1, provider: 'openai', result: 'failed', httpStatus: 500 },
        { attempt: 2, provider: 'openrouter', result: 'served', httpStatus: 200 },
      ])
    },
    30_000,
  )

  it('does not try another offering for what the caller sent wrong, and charges nothing', async () => {
    system.simulators?.faults.add({ provider: 'openai', directive: { status: 400 }, times: 1 })
    const answer = await ask(false)
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.body)).toMatchObject({
      error: { code: 'upstream_rejected', metadata: { provider: 'openai' } },
    })
    await waitUntilSettled(system)
    const events = await readEventsOf(answer.headers.get('x-request-id'))
    expect(events.map(({ attempt, billed, is_final }) => ({ attempt, billed, is_final }))).toEqual([
      { attempt: 1, billed: '0', is_final: true },
    ])
  }, 30_000)
})
