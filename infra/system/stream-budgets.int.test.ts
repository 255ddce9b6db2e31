import { formatUsd, parseUsd, pusd } from '@atpar/core/money'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { playBudgetCall, type Dialect } from './budget-calls.ts'
import { readHeld } from './caps.ts'
import { waitUntilSettled } from './settled.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant } from './tenant.ts'

/** gpt-4o: $2.50 and $10.00 for a million tokens. */
const INPUT_PUSD = 2_500_000n
const OUTPUT_PUSD = 10_000_000n
const MAX_EXCESS_PUSD = parseUsd('0.001')
const MAX_CUT_SECONDS = 0.25

let system: RunningSystem
beforeAll(async () => {
  system = await startSystem()
  // So many answers teach the proxy how many characters this model makes of a token.
  const { key } = await createTenant(system.owner, { name: 'teach' })
  await Promise.all(
    Array.from({ length: 25 }, () =>
      playBudgetCall(system, {
        key,
        dialect: 'openai-chat',
        model: 'gpt-4o',
        stream: true,
        directive: { tokens: 120 },
      }),
    ),
  )
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

/** What the provider's own books say the request cost it. */
const readBooked = (requestId: string): bigint => {
  const entry = system.simulators?.books.entries().find((each) => each.callerRequestId === `${requestId}-1`)
  if (entry === undefined) throw new Error(`the provider never saw ${requestId}`)
  return BigInt(entry.usage.input_uncached) * INPUT_PUSD + BigInt(entry.usage.output_text) * OUTPUT_PUSD
}

/** Streams cut so far, and how many of them ended within 250 ms of the refusal. */
const readCuts = async (): Promise<{ readonly all: number; readonly inTime: number }> => {
  const text = await (await fetch(`${system.proxyUrls[0]}/metrics`)).text()
  const read = (name: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(name))
        ?.split(' ')[1] ?? '0',
    )
  return { all: read('atpar_cut_seconds_count'), inTime: read(`atpar_cut_seconds_bucket{le="${MAX_CUT_SECONDS}"}`) }
}

const ERROR_EVENT: Readonly<Record<Dialect, RegExp>> = {
  'openai-chat': /data: \{.*"finish_reason":"error".*"code":"budget_exceeded".*"limit":\{"scope":"key".*\}\n\n$/,
  'anthropic-messages': /event: error\ndata: \{"type":"error".*"budget_exceeded".*\}\n\n$/,
  gemini: /data: \{"error":\{"code":402.*"reason":"BUDGET_EXCEEDED".*\}\n\n$/,
}

describe('a stream on a hard budget', () => {
  it.each(['openai-chat', 'anthropic-messages', 'gemini'] as const)(
    'of a %s caller is cut when no more is granted: typed, in time, billed within the budget, at next to nothing to us',
    async (dialect) => {
      const budget = parseUsd('0.05')
      const tenant = await createTenant(system.owner, { name: 'cut', budgets: { key: '0.05' } })
      const before = await readCuts()
      const answer = await playBudgetCall(system, {
        key: tenant.key,
        dialect,
        model: 'gpt-4o',
        stream: true,
        directive: { tokens: 9_000, delay_ms: 1 },
      })
      expect(answer.status).toBe(200)
      expect(answer.body.slice(-2_000)).toMatch(ERROR_EVENT[dialect])
      const after = await readCuts()
      expect(after).toEqual({ all: before.all + 1, inTime: before.inTime + 1 })
      const event = await readEvent(answer.requestId)
      expect(event).toMatchObject({ outcome: 'budget_cut', error_code: 'budget_exceeded' })
      const billed = BigInt(event.billed)
      expect(billed).toBeLessThanOrEqual(budget)
      // Cutting at once would hold the budget too.
      expect(billed).toBeGreaterThan(budget / 2n)
      const excess = readBooked(answer.requestId) - billed
      process.stdout.write(
        `${dialect}: billed $${formatUsd(pusd(billed))} of $0.05, excess $${formatUsd(pusd(excess < 0n ? 0n : excess))}\n`,
      )
      expect(excess).toBeLessThanOrEqual(MAX_EXCESS_PUSD)
      expect(await readHeld(system, tenant.orgId)).toBe(0n)
    },
    60_000,
  )

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
