import { setTimeout as sleep } from 'node:timers/promises'
import { parseUsd, pusd, type Pusd } from '@atpar/core/money'
import { Agent, request } from 'undici'
import { readHeld } from './caps.ts'
import { createRandom, type Random } from './random.ts'
import { waitUntilSettled } from './settled.ts'
import type { RunningSystem } from './start-system.ts'
import { strike, type Fault } from './strike.ts'
import type { SeededTenant } from './tenant.ts'

export interface StormPlan {
  /** Of the tenant's key, in dollars. */
  readonly budget: string
  /** Callers at the same time, spread over all proxies; each goes on until a refusal is final. */
  readonly callers: number
  readonly stream: boolean
  /** An answer has 42 tokens; until the last strike it takes seconds (70 ms a token) unless told, so that a strike meets all of them under way. */
  readonly tokenDelayMs?: number
  readonly seed: number
  /** In the middle of it, evenly spread, in this order. */
  readonly strikes: readonly Fault[]
}

export interface StormReport {
  readonly budgetPusd: Pusd
  readonly billedPusd: Pusd
  /** Requests that were admitted, those of a killed proxy included; `byLease` of them without asking Redis. */
  readonly admitted: { readonly all: number; readonly byLease: number }
  readonly answered: number
  readonly refused: number
  /** Our own faults shown as the caller's, and answers that nobody should get. */
  readonly others: readonly string[]
  /** How long after everything was in Postgres the last hold was gone; null = it never was. */
  readonly heldGoneAfterMs: number | null
  readonly seed: number
}

/** A call of this storm costs at most this; what it holds is below it too. */
const CALL_AT_MOST: Pusd = parseUsd('0.0005')
/** The hold of one such call: what may be left unusable when the budget is nearly full. */
export const HOLD_AT_MOST: Pusd = parseUsd('0.0007')

const OUTPUT_TOKENS = 42
const TOKEN_DELAY_MS = 70
const GIVE_UP_AFTER_MS = 170_000
const FINAL_REFUSALS = 5
const HELD_PATIENCE_MS = 60_000

interface Seen {
  readonly status: number
  readonly retryAfterMs: number | null
  readonly body: string
}

const createCaller = (system: RunningSystem, key: string, { stream, callers, tokenDelayMs }: StormPlan) => {
  const agent = new Agent({
    connections: Math.ceil(callers / system.proxyUrls.length),
    headersTimeout: 60_000,
    bodyTimeout: 60_000,
  })
  const bodyWith = (delayMs: number): string =>
    JSON.stringify({
      model: 'gpt-4o',
      max_completion_tokens: 45,
      messages: [{ role: 'user', content: `[[sim:${JSON.stringify({ tokens: OUTPUT_TOKENS, delay_ms: delayMs })}]]` }],
      stream,
    })
  const bodies = { slow: bodyWith(tokenDelayMs ?? TOKEN_DELAY_MS), quick: bodyWith(0) }
  return {
    call: async (proxyUrl: string, pace: keyof typeof bodies): Promise<Seen> => {
      try {
        const answer = await request(`${proxyUrl}/v1/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
          body: bodies[pace],
          dispatcher: agent,
        })
        const text = await answer.body.text()
        const retryAfter = answer.headers['retry-after']
        return {
          status: answer.statusCode,
          retryAfterMs: typeof retryAfter === 'string' ? Number(retryAfter) * 1000 : null,
          body: text,
        }
      } catch {
        // A broken connection is what a killed proxy looks like from outside; an SDK tries again.
        return { status: 0, retryAfterMs: 100, body: '' }
      }
    },
    close: () => agent.destroy(),
  }
}

const readBilled = async (system: RunningSystem, keyId: string): Promise<Pusd> => {
  const { rows } = await system.owner.query<{ billed: string }>(
    'SELECT coalesce(sum(billed_pusd), 0)::text AS billed FROM usage_event WHERE key_id = $1',
    [keyId],
  )
  return pusd(BigInt(rows[0]?.billed ?? '0'))
}

const countAdmitted = async (system: RunningSystem, keyId: string): Promise<StormReport['admitted']> => {
  const { rows } = await system.owner.query<{ all: number; byLease: number }>(
    'SELECT count(*)::int AS all, count(lease_number)::int AS "byLease" FROM usage_event WHERE key_id = $1 AND is_final',
    [keyId],
  )
  return rows[0] ?? { all: 0, byLease: 0 }
}

const waitUntilNothingIsHeld = async (system: RunningSystem, orgId: string): Promise<number | null> => {
  const from = performance.now()
  while (performance.now() - from < HELD_PATIENCE_MS) {
    if ((await readHeld(system, orgId)) === 0n) return Math.round(performance.now() - from)
    await sleep(200)
  }
  return null
}

/** Strikes each time another share of the answers that the budget allows has been given. */
const createStriker = (system: RunningSystem, { strikes, budget }: StormPlan) => {
  const answers = parseUsd(budget) / CALL_AT_MOST
  const allowed = Number(answers)
  const pending = [...strikes]
  let struck = 0
  let running: Promise<void> = Promise.resolve()
  const strikeNow = async (fault: Fault): Promise<void> => {
    await strike(system, fault)
    struck += 1
  }
  return {
    /** Nothing more is to be met under way. */
    isOver: () => struck === strikes.length,
    onAnswer: (answered: number): void => {
      const next = strikes.length - pending.length + 1
      if (pending.length === 0 || answered < (allowed * next) / (strikes.length + 1)) return
      const fault = pending.shift()
      if (fault !== undefined) running = running.then(() => strikeNow(fault))
    },
    /** What the storm was too short for is struck now. */
    finish: async (): Promise<void> => {
      await running
      for (const fault of pending) await strikeNow(fault)
    },
  }
}

/**
 * Many callers against one hard budget through every proxy, while parts of the system are killed; then, when nothing is held any more, all of
 * them again, and again, until nobody is answered any more.
 * Callers honour Retry-After and try again when a connection breaks, as SDKs do.
 */
export const playBudgetStorm = async (
  system: RunningSystem,
  tenant: SeededTenant,
  plan: StormPlan,
): Promise<StormReport> => {
  const random: Random = createRandom(plan.seed)
  const { call, close } = createCaller(system, tenant.key, plan)
  const striker = createStriker(system, plan)
  const deadline = performance.now() + GIVE_UP_AFTER_MS
  const others: string[] = []
  let answered = 0
  let refused = 0
  const take = (seen: Seen): 'answered' | 'later' | 'final' => {
    if (seen.status === 200) {
      answered += 1
      striker.onAnswer(answered)
      return 'answered'
    }
    if (seen.status === 402) refused += 1
    else if (seen.status !== 0 && seen.status !== 503) others.push(`${seen.status} ${seen.body.slice(0, 200)}`)
    return seen.retryAfterMs === null ? 'final' : 'later'
  }
  const callUntilRefused = async (refusals: number, isOver = (): boolean => false): Promise<void> => {
    for (let inARow = 0; inARow < refusals && !isOver() && performance.now() < deadline;) {
      const seen = await call(
        system.proxyUrls[random.below(system.proxyUrls.length)] ?? '',
        striker.isOver() ? 'quick' : 'slow',
      )
      const verdict = take(seen)
      inARow = verdict === 'final' ? inARow + 1 : 0
      if (verdict === 'later') await sleep(Math.min(seen.retryAfterMs ?? 0, 2_000) + random.below(100))
    }
  }
  /** Until so few are left that they are no storm any more. */
  const callAll = async (fewest = 0): Promise<void> => {
    let going = plan.callers
    const callOne = async (): Promise<void> => {
      await callUntilRefused(1, () => going < fewest)
      going -= 1
    }
    await Promise.all(Array.from({ length: plan.callers }, callOne))
  }
  /** Of callers who come at once, some are refused for what the others only hold: what is left of that is for those who come back. */
  const callUntilNobodyIsAnswered = async (): Promise<void> => {
    for (let before = -1; answered !== before && performance.now() < deadline;) {
      before = answered
      await callAll()
    }
  }
  await callAll(plan.callers / 10)
  await striker.finish()
  await waitUntilSettled(system, 60_000)
  const heldGoneAfterMs = await waitUntilNothingIsHeld(system, tenant.orgId)
  // What a killed proxy held has come back and can be spent: whoever is refused now is refused for good.
  await callUntilNobodyIsAnswered()
  await callUntilRefused(FINAL_REFUSALS)
  await close()
  await waitUntilSettled(system, 60_000)
  return {
    budgetPusd: parseUsd(plan.budget),
    billedPusd: await readBilled(system, tenant.keyId),
    admitted: await countAdmitted(system, tenant.keyId),
    answered,
    refused,
    others,
    heldGoneAfterMs,
    seed: plan.seed,
  }
}
