import { parseUsd, pusd, ZERO_PUSD, type Pusd } from '@atpar/core/money'
import { playBudgetCall, type Dialect } from './budget-calls.ts'
import { readMetric } from './metrics.ts'
import { waitUntilSettled } from './settled.ts'
import type { RunningSystem } from './start-system.ts'
import { createTenant } from './tenant.ts'

/** gpt-4o: $2.50 and $10.00 for a million tokens. */
const INPUT_PUSD = 2_500_000n
const OUTPUT_PUSD = 10_000_000n
const MAX_CUT_SECONDS = 0.25

const ERROR_EVENT: Readonly<Record<Dialect, RegExp>> = {
  'openai-chat': /data: \{.*"finish_reason":"error".*"code":"budget_exceeded".*"limit":\{"scope":"key".*\}\n\n$/,
  'anthropic-messages': /event: error\ndata: \{"type":"error".*"budget_exceeded".*\}\n\n$/,
  gemini: /data: \{"error":\{"code":402.*"reason":"BUDGET_EXCEEDED".*\}\n\n$/,
}

export interface CutReport {
  readonly dialect: Dialect
  readonly budgetPusd: Pusd
  readonly billedPusd: Pusd
  /** What the provider's own books say beyond the bill: what it cost us. */
  readonly excessPusd: Pusd
  /** The stream ended with the dialect's own error event. */
  readonly isTyped: boolean
  /** Ended within 250 ms of the refusal, by the proxy's own histogram, as all that were cut with it. */
  readonly isInTime: boolean
  readonly outcome: string
}

const readCuts = async (system: RunningSystem): Promise<{ readonly all: number; readonly inTime: number }> => ({
  all: await readMetric(system, 'atpar_cut_seconds_count'),
  inTime: await readMetric(system, `atpar_cut_seconds_bucket{le="${MAX_CUT_SECONDS}"}`),
})

/** So many answers teach the proxy how many characters this model makes of a token. */
export const teachLengths = async (system: RunningSystem): Promise<void> => {
  const { key } = await createTenant(system.owner, { name: 'teach' })
  const directive = { tokens: 120, delay_ms: 1 }
  await Promise.all(
    Array.from({ length: 25 }, () =>
      playBudgetCall(system, { key, dialect: 'openai-chat', model: 'gpt-4o', stream: true, directive }),
    ),
  )
}

/** For each dialect a stream that is far longer than its key's hard budget, all at once. */
export const playStreamCuts = async (
  system: RunningSystem,
  dialects: readonly Dialect[],
): Promise<readonly CutReport[]> => {
  const before = await readCuts(system)
  const cuts = await Promise.all(dialects.map((dialect) => playStreamCut(system, dialect)))
  const after = await readCuts(system)
  const isInTime = after.all === before.all + dialects.length && after.inTime === before.inTime + dialects.length
  return cuts.map((cut) => ({ ...cut, isInTime }))
}

const playStreamCut = async (system: RunningSystem, dialect: Dialect): Promise<Omit<CutReport, 'isInTime'>> => {
  const tenant = await createTenant(system.owner, { name: 'cut', budgets: { key: '0.05' } })
  const answer = await playBudgetCall(system, {
    key: tenant.key,
    dialect,
    model: 'gpt-4o',
    stream: true,
    directive: { tokens: 9_000, delay_ms: 1 },
  })
  await waitUntilSettled(system)
  const { rows } = await system.owner.query<{ outcome: string; billed: string }>(
    'SELECT outcome, billed_pusd::text AS billed FROM usage_event WHERE request_id = $1',
    [answer.requestId],
  )
  const [event] = rows
  const entry = system.simulators?.books.entries().find((each) => each.callerRequestId === `${answer.requestId}-1`)
  if (event === undefined || entry === undefined) throw new Error(`${answer.requestId} is not in both books`)
  const booked = BigInt(entry.usage.input_uncached) * INPUT_PUSD + BigInt(entry.usage.output_text) * OUTPUT_PUSD
  const excess = booked - BigInt(event.billed)
  return {
    dialect,
    budgetPusd: parseUsd('0.05'),
    billedPusd: pusd(BigInt(event.billed)),
    excessPusd: excess > 0n ? pusd(excess) : ZERO_PUSD,
    isTyped: answer.status === 200 && ERROR_EVENT[dialect].test(answer.body.slice(-2_000)),
    outcome: event.outcome,
  }
}
