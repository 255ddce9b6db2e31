import { AppError } from '@atpar/core/errors'
import { dearestCost } from '@atpar/core/hold-arithmetic'
import { pusd, toNanoUsdCeil, type Pusd } from '@atpar/core/money'
import { countInputTokens, countOutputTokens } from '@atpar/core/usage'
import type { Deps } from '../deps.ts'
import type { Meter } from '../metering/meter.ts'
import type { Admission, Answer, IncomingCall } from '../call/call-context.ts'
import { budgetExceeded } from '../limits/refusals.ts'

/** Keeps a stream within what is held for it, asking for more before it is used up. */
export interface SpendingWatch {
  /** To be called after each read. False: what is held is used up and the answer to a request for more is outstanding: read no further. */
  look(): boolean
}

interface WatchInput {
  readonly call: IncomingCall
  readonly admission: Admission
  readonly answer: Extract<Answer, { kind: 'stream' }>
  /** More was granted after `look` said false. */
  readonly onGranted: () => void
  /** The stream must end: nothing more is granted. Called at once; the error follows when it is known what refused. */
  readonly onCut: (error: Promise<AppError>) => void
}

/** The share of the hold at which more is asked for, early enough that a stream at an ordinary pace never waits. */
const ASK_AT = 0.8
/** How much more: what two seconds bring at the pace so far, and never less than is worth a round trip. */
const CHUNK_MS = 2_000
const LEAST_CHUNK_PUSD = pusd(2_000_000_000n)
const LEAST_CHUNK_TOKENS = 64
/** Redis did not answer: how long until it is asked again, as long as something is left of the hold. */
const ASK_AGAIN_MS = 100
const PROBE_TOKENS = 1_000_000

/** Null when the hold already covers the worst case, or no budget counts the call: then the stream costs nothing extra. */
export const watchSpending = (deps: Deps, input: WatchInput): SpendingWatch | null => {
  const { call, admission, answer } = input
  const { hold } = admission
  if (admission.counters.length === 0) return null
  const most = Math.min(admission.worst.outputTokens, admission.clampTokens ?? Number.POSITIVE_INFINITY)
  if (hold.outputTokens >= most) return null
  const { offering } = answer.attempt
  const inputTokens = readInputTokens(answer.meter) ?? hold.inputTokens
  const perToken = priceOf(offering, inputTokens)
  const inputPusd = dearestCost([offering], { inputTokens, outputTokens: 0 })
  const countsTokens = admission.counters.some((counter) => counter.unit === 'tokens')
  const perCharacter = deps.learnt.outputPerCharacter(offering.modelId)
  const startedAtMs = deps.clock.monotonicMs()

  /** Output tokens that a part of the hold pays for. */
  const tokensFor = (part: number): number => {
    const affordable = perToken === 0n ? null : (partOf(hold.pusd, part) - inputPusd) / perToken
    const money = affordable === null ? Number.POSITIVE_INFINITY : Number(affordable)
    const tokens = countsTokens ? (hold.inputTokens + hold.outputTokens) * part - inputTokens : Number.POSITIVE_INFINITY
    return Math.min(money, tokens)
  }

  let askAt = tokensFor(ASK_AT)
  let stopAt = admission.isHard ? tokensFor(1) : Number.POSITIVE_INFINITY
  let asking = false
  let notBeforeMs = 0
  let waiting = false
  let over = false

  const cut = (error: Promise<AppError>): void => {
    if (over) return
    over = true
    input.onCut(error)
  }

  const ask = async (tokens: number, isLeast: boolean): Promise<void> => {
    const grant = isLeast ? leastChunk(perToken) : chunkFor(tokens)
    const verdict = await deps.quota.extend(admission.caller.orgId, admission.holdId, {
      amount: toNanoUsdCeil(grant.pusd),
      tokens: grant.tokens,
    })
    if (over) return
    deps.metrics.recordExtension(verdict)
    if (verdict === 'extended') {
      hold.pusd = pusd(hold.pusd + grant.pusd)
      hold.outputTokens += grant.tokens
      askAt = hold.outputTokens >= most ? Number.POSITIVE_INFINITY : nextAsk(tokens)
      if (admission.isHard) stopAt = hold.outputTokens >= most ? Number.POSITIVE_INFINITY : tokensFor(1)
    } else if (!admission.isHard) {
      // The overrun of a soft budget shows when the call is settled.
      askAt = Number.POSITIVE_INFINITY
    } else if (verdict === 'refused') {
      if (isLeast) cut(explainCut(deps, admission, call))
      else await ask(tokens, true)
      return
    } else {
      notBeforeMs = deps.clock.monotonicMs() + ASK_AGAIN_MS
      if (waiting) cut(Promise.resolve(new AppError('quota_unavailable', { metadata: { retryAfterSeconds: 2 } })))
    }
  }

  const chunkOf = (tokens: number): number =>
    Math.ceil((tokens / Math.max(1, deps.clock.monotonicMs() - startedAtMs)) * CHUNK_MS)

  /** Of a large hold a fifth would be far more than the two seconds that asking in time takes. */
  const nextAsk = (tokens: number): number => Math.max(tokensFor(ASK_AT), tokensFor(1) - chunkOf(tokens))

  const chunkFor = (tokens: number): { readonly pusd: Pusd; readonly tokens: number } => {
    const overdue = Math.max(0, tokens - tokensFor(1))
    const wanted = Math.max(LEAST_CHUNK_TOKENS, chunkOf(tokens)) + Math.ceil(overdue)
    const chunk = Math.min(wanted, most - hold.outputTokens)
    const cost = pusd(perToken * BigInt(chunk))
    return { pusd: cost < LEAST_CHUNK_PUSD ? LEAST_CHUNK_PUSD : cost, tokens: chunk }
  }

  const start = (tokens: number): void => {
    asking = true
    void ask(tokens, false)
      .catch((error: unknown) => {
        deps.log.error('extend-failed', { requestId: call.requestId, error: String(error) })
        if (admission.isHard) cut(Promise.resolve(new AppError('internal_error', { cause: error })))
      })
      .finally(() => {
        asking = false
        if (!over && waiting) {
          waiting = false
          input.onGranted()
        }
      })
  }

  const { meter } = answer
  return {
    look: () => {
      if (over) return false
      const tokens = Math.max(meter.events(), Math.ceil(meter.characters() * perCharacter), reportedOutput(meter))
      if (tokens < askAt) return true
      if (!asking && (notBeforeMs === 0 || tokens >= stopAt || deps.clock.monotonicMs() >= notBeforeMs)) start(tokens)
      waiting = asking && tokens >= stopAt
      return !waiting
    },
  }
}

/** Some formats say at the beginning what the input came to. */
const readInputTokens = (meter: Meter): number | null => {
  const usage = meter.usage()
  const tokens = usage === null ? 0 : countInputTokens(usage.units)
  return tokens === 0 ? null : tokens
}

const reportedOutput = (meter: Meter): number => {
  const usage = meter.usage()
  return usage === null ? 0 : countOutputTokens(usage.units)
}

type Priced = Parameters<typeof dearestCost>[0][number]

/** pUSD of one more output token at its dearest, rounded up. */
const priceOf = (offering: Priced, inputTokens: number): bigint => {
  const none = dearestCost([offering], { inputTokens, outputTokens: 0 })
  const many = dearestCost([offering], { inputTokens, outputTokens: PROBE_TOKENS })
  return (many - none + BigInt(PROBE_TOKENS) - 1n) / BigInt(PROBE_TOKENS)
}

/** To the thousandth, and in integers: money is never a float. */
const partOf = (amount: bigint, part: number): bigint => (amount * BigInt(Math.round(part * 1_000))) / 1_000n

const leastChunk = (perToken: bigint): { readonly pusd: Pusd; readonly tokens: number } => {
  const affordable = perToken === 0n ? BigInt(LEAST_CHUNK_TOKENS) : LEAST_CHUNK_PUSD / perToken
  return { pusd: LEAST_CHUNK_PUSD, tokens: Math.min(LEAST_CHUNK_TOKENS, Number(affordable)) }
}

/** Which hard budget has the smallest part left, read after the stream was stopped. */
const explainCut = async (
  deps: Deps,
  { caller, budgets, counters }: Admission,
  call: IncomingCall,
): Promise<AppError> => {
  const states = await deps.quota.readStates(caller.orgId, counters)
  let error = new AppError('budget_exceeded')
  let smallest = Number.POSITIVE_INFINITY
  for (const [index, state] of (states ?? []).entries()) {
    const budget = budgets[index]
    if (budget === undefined || !budget.hard) continue
    const part = Number(state.limit - state.used - state.held) / Math.max(1, Number(state.limit))
    if (part >= smallest) continue
    smallest = part
    error = budgetExceeded({ budget, state, atMs: call.startedAtMs, when: 'cut', retryAfterMs: null })
  }
  return error
}
