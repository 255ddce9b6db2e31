import { parseUsd } from '@atpar/core/money'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { playBudgetCall } from './budget-calls.ts'
import { waitUntilSettled } from './settled.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { playStreamCuts, teachLengths } from './stream-cut.ts'
import { createTenant } from './tenant.ts'

const MAX_EXCESS_PUSD = parseUsd('0.001')

let system: RunningSystem
beforeAll(async () => {
  system = await startSystem()
  await teachLengths(system)
}, 90_000)
afterAll(() => system.stop())

interface EventRow {
  readonly outcome: string
  readonly error_code: string | null
  readonly billed: string
  readonly absorbed: string
  readonly output: string
}

const readEvent = async (requestId: string): Promise<EventRow> => {
  await waitUntilSettled(system)
  const { rows } = await system.owner.query<EventRow>(
    `SELECT outcome, error_code, billed_pusd::text AS billed, absorbed_pusd::text AS absorbed, units ->> 'output_text' AS output FROM usage_event WHERE request_id = $1`,
    [requestId],
  )
  const [row] = rows
  if (row === undefined) throw new Error(`no event of ${requestId}`)
  return row
}

describe('a stream on a hard budget', () => {
  it('is cut when no more is granted, in every dialect: typed, in time, billed within the budget, at next to nothing to us', async () => {
    const reports = await playStreamCuts(system, ['openai-chat', 'anthropic-messages', 'gemini'])
    expect(reports).toHaveLength(3)
    for (const report of reports) {
      expect(report).toMatchObject({ outcome: 'budget_cut', isTyped: true, isInTime: true })
      expect(report.billedPusd).toBeLessThanOrEqual(report.budgetPusd)
      // Cutting at once would hold the budget too.
      expect(report.billedPusd).toBeGreaterThan(report.budgetPusd / 2n)
      expect(report.excessPusd).toBeLessThanOrEqual(MAX_EXCESS_PUSD)
    }
  }, 60_000)

  it('runs to its end where there is room, having asked for more on the way', async () => {
    const tenant = await createTenant(system.owner, { name: 'grow', budgets: { key: '1' } })
    const answer = await playBudgetCall(system, {
      key: tenant.key,
      dialect: 'openai-chat',
      model: 'gpt-4o',
      stream: true,
      directive: { tokens: 4_000 },
    })
    expect(answer.body).toContain('[DONE]')
    expect(await readEvent(answer.requestId)).toMatchObject({ outcome: 'ok', output: '4000', absorbed: '0' })
  }, 30_000)

  it('runs to its end on a soft budget, and the overrun shows', async () => {
    const tenant = await createTenant(system.owner, { name: 'soft', keyBudgets: [{ usd: '0.02', hard: false }] })
    const answer = await playBudgetCall(system, {
      key: tenant.key,
      dialect: 'openai-chat',
      model: 'gpt-4o',
      stream: true,
      directive: { tokens: 4_000 },
    })
    expect(answer.body).toContain('[DONE]')
    const event = await readEvent(answer.requestId)
    expect(event).toMatchObject({ outcome: 'ok', output: '4000', absorbed: '0' })
    expect(BigInt(event.billed)).toBeGreaterThan(parseUsd('0.04'))
  }, 30_000)

  it('ends by a smaller output limit when room is short from the start', async () => {
    const tenant = await createTenant(system.owner, { name: 'clamp', budgets: { key: '0.02' } })
    const answer = await playBudgetCall(system, {
      key: tenant.key,
      dialect: 'openai-chat',
      model: 'gpt-4o',
      stream: true,
      directive: { tokens: 9_000 },
    })
    const clamped = Number(answer.headers['x-atpar-clamped'])
    expect(clamped).toBeGreaterThan(1_500)
    expect(clamped).toBeLessThan(2_000)
    expect(answer.body).toContain('"finish_reason":"length"')
    const event = await readEvent(answer.requestId)
    expect(event).toMatchObject({ outcome: 'ok', output: String(clamped), absorbed: '0' })
    expect(BigInt(event.billed)).toBeLessThanOrEqual(parseUsd('0.02'))
  }, 30_000)
})

describe('an answer in one piece on a hard budget', () => {
  it.each(['openai-chat', 'anthropic-messages', 'gemini'] as const)(
    'is shortened for a %s caller so that its worst case fits, and refused when nothing sensible would fit',
    async (dialect) => {
      const tenant = await createTenant(system.owner, { name: 'whole', budgets: { key: '0.004' } })
      const call = { key: tenant.key, dialect, model: 'gpt-4o', stream: false, directive: { tokens: 9_000 } } as const
      const answer = await playBudgetCall(system, call)
      expect(answer.status).toBe(200)
      const clamped = Number(answer.headers['x-atpar-clamped'])
      expect(clamped).toBeGreaterThan(300)
      const event = await readEvent(answer.requestId)
      expect(event).toMatchObject({ outcome: 'ok', output: String(clamped), absorbed: '0' })
      expect(BigInt(event.billed)).toBeLessThanOrEqual(parseUsd('0.004'))
      const refused = await playBudgetCall(system, call)
      expect(refused.status).toBe(402)
      expect(refused.headers['x-should-retry']).toBe('false')
      expect(refused.body).toMatch(/budget.{0,20}exceeded/i)
    },
    30_000,
  )

  it('keeps a limit that fits as the caller set it', async () => {
    const tenant = await createTenant(system.owner, { name: 'fits', budgets: { key: '0.05' } })
    const answer = await playBudgetCall(system, {
      key: tenant.key,
      dialect: 'openai-chat',
      model: 'gpt-4o',
      stream: false,
      maxTokens: 200,
      directive: { tokens: 150 },
    })
    expect(answer.headers['x-atpar-clamped']).toBeUndefined()
    expect(await readEvent(answer.requestId)).toMatchObject({ outcome: 'ok', output: '150' })
  }, 30_000)
})
