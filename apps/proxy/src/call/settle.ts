import { formatUsd, parseUsd, pusd, toNanoUsdCeil, ZERO_PUSD, type Pusd } from '@atpar/core/money'
import {
  countInputTokens,
  countOutputTokens,
  type ReportedUsage,
  type UsageSource,
  type UsageUnits,
} from '@atpar/core/usage'
import type { AttemptEnd, TrailStep } from '@atpar/core/usage-event'
import type { Deps } from '../deps.ts'
import { encodeBegin, encodeEnd } from '../journal/record-text.ts'
import { computeBill, type Bill } from '../metering/bill.ts'
import { countTokens, leastTokens, textOfRequest } from '../metering/estimate.ts'
import { serviceIdOf } from '../health/recent-service.ts'
import { findServedRates } from '../metering/served-rates.ts'
import type { Lesson } from '../metering/learnt.ts'
import { estimateTask } from '../tasks/exchange.ts'
import { estimateLargeTask } from '../tasks/large-exchange.ts'
import type {
  Admission,
  Attempt,
  IncomingCall,
  LostAttempt,
  MediaCall,
  Outcome,
  Plan,
  Receipt,
  TaskCall,
} from './call-context.ts'

interface SettleInput {
  readonly call: IncomingCall
  readonly plan: Plan
  readonly admission: Admission
  readonly outcome: Outcome
}

/** Step 6: one terminal event per attempt into the journal, the hold given back, and what it cost. Called exactly once per admitted call. */
export const settle = async (deps: Deps, input: SettleInput): Promise<Receipt> => {
  const { call, plan, admission, outcome } = input
  const trail = describeTrail(plan, outcome)
  const lostWritten = outcome.lost.length === 0 ? null : settleLost(deps, outcome, trail)
  if (outcome.kind === 'failed') {
    deps.quota.release(admission.caller.orgId, admission.holdId)
    await lostWritten
    deps.metrics.recordCall({ endpoint: call.endpoint, outcome: 'failed', attempts: outcome.lost.length })
    return { costUsd: '0' }
  }
  const measured =
    outcome.fromCache === true ? NOTHING_USED : (finalUsage(outcome) ?? (await measureUsage(deps, call, outcome)))
  // What a picture or a sound comes to is told by its request; there is nothing to learn of it.
  if (measured.source === 'provider_final' && outcome.outcome === 'ok' && learnsFrom(call, outcome.attempt))
    deps.learnt.record(lessonOf(input, outcome, measured.units))
  noteService(deps, outcome, measured.units)
  const billing = billWithinBudget(deps, input, measured)
  const bill = billing instanceof Promise ? await billing : billing
  const eventText = encodeEnd(beginTextOf(outcome.attempt), describeEnd(deps, outcome, { trail, bill, measured }))
  const isWritten = deps.journal.settle(outcome.attempt.seq, eventText)
  deps.quota.settle({
    orgId: admission.caller.orgId,
    holdId: admission.holdId,
    used: toNanoUsdCeil(bill.billedPusd),
    tokens: countInputTokens(measured.units) + countOutputTokens(measured.units),
    eventText,
  })
  await isWritten
  if (lostWritten !== null) await lostWritten
  deps.metrics.recordCall({ endpoint: call.endpoint, outcome: outcome.outcome, attempts: outcome.lost.length + 1 })
  return { costUsd: formatUsd(bill.costPusd) }
}

/** A stream does not keep it for minutes. */
const beginTextOf = ({ begin, beginText }: Attempt): string => (beginText === '' ? encodeBegin(begin) : beginText)

const settleLost = (deps: Deps, outcome: Outcome, trail: readonly TrailStep[]): Promise<unknown> => {
  const last = outcome.kind === 'failed' ? outcome.lost.at(-1) : null
  return Promise.all(
    outcome.lost.map((lost) => {
      deps.recent.noteLost(serviceIdOf(lost.attempt.offering))
      const end = describeLost(deps, lost, { trail, isFinal: lost === last })
      return deps.journal.settle(lost.attempt.seq, encodeEnd(beginTextOf(lost.attempt), end))
    }),
  )
}

/** A caller who hung up says nothing about the provider's speed, and a stream that broke off says enough. */
const noteService = (
  deps: Deps,
  { outcome, attempt, firstByteAtMs, endedAtMs }: ServedOutcome,
  units: UsageUnits,
): void => {
  if (outcome === 'ok')
    deps.recent.noteServed(serviceIdOf(attempt.offering), {
      waitedMs: firstByteAtMs - attempt.dispatchedAtMs,
      outputTokens: countOutputTokens(units),
      wroteMs: endedAtMs - firstByteAtMs,
    })
  else if (outcome === 'upstream_error' || outcome === 'upstream_timeout')
    deps.recent.noteLost(serviceIdOf(attempt.offering))
}

/** Nothing from an organization's own endpoint: what its names teach would count for others who use the same ones. */
const learnsFrom = ({ kind }: IncomingCall, { offering }: Attempt): boolean =>
  (kind === 'chat' || kind === 'task') && offering.credentialId === undefined

const lessonOf = ({ call, plan, admission }: SettleInput, outcome: ServedOutcome, units: UsageUnits): Lesson => ({
  orgId: admission.caller.orgId,
  modelId: plan.model.id,
  outputTokens: countOutputTokens(units),
  // Media cost tokens that no byte of text stands for.
  input: call.facts.mediaTokens === 0 ? { bytes: call.facts.textBytes, tokens: countInputTokens(units) } : null,
  outputCharacters: (units.output_reasoning ?? 0) === 0 ? outcome.deliveredCharacters : null,
})

interface MeasuredUsage {
  readonly units: UsageUnits
  readonly source: UsageSource
  readonly reported: ReportedUsage | null
}

type ServedOutcome = Extract<Outcome, { kind: 'served' }>

/** Of an answer that was kept: nobody was asked for anything. */
const NOTHING_USED: MeasuredUsage = { units: {}, source: 'none', reported: null }

/** The provider's final count, when it came: nearly always. */
const finalUsage = ({ usage, usageIsFinal }: ServedOutcome): MeasuredUsage | null =>
  usage !== null && usageIsFinal ? { units: usage.units, source: 'provider_final', reported: usage } : null

/** Without it: the provider's partial count completed by a lower bound of what was delivered; else that bound alone. */
const measureUsage = async (deps: Deps, call: IncomingCall, outcome: ServedOutcome): Promise<MeasuredUsage> => {
  const isBrokenOff = outcome.outcome === 'client_abort' || outcome.error?.code === 'answer_withheld'
  if (outcome.attempt.target.cancelPolicy === 'void' && isBrokenOff)
    return { units: {}, source: 'none', reported: outcome.usage }
  if (call.kind === 'realtime') return { units: {}, source: 'none', reported: null }
  if (call.kind === 'task') return measureTask(deps, call, outcome.attempt)
  if (call.kind === 'media') return measureMedia(call, outcome)
  const delivered = await countTokens(outcome.deliveredText)
  if (outcome.usage !== null) {
    const reportedOutput = outcome.usage.units.output_text ?? 0
    return {
      units: { ...outcome.usage.units, output_text: Math.max(reportedOutput, delivered) },
      source: 'provider_partial',
      reported: outcome.usage,
    }
  }
  const input =
    call.large === null
      ? await countTokens(textOfRequest(call.dialect.decodeRequest(call.json)))
      : leastTokens(call.facts.textBytes)
  return { units: { input_uncached: input, output_text: delivered }, source: 'tokenizer', reported: null }
}

/** What the request alone tells: the provider was asked and answered, so it is billed by a lower bound. */
const measureTask = async (deps: Deps, call: TaskCall, { target }: Attempt): Promise<MeasuredUsage> => {
  const format = target.formats[call.dialect.task]
  if (format === undefined) return { units: {}, source: 'none', reported: null }
  const { units, tokens } =
    call.large === null ? await estimateTask(call, format) : await estimateLargeTask(deps.largeBodies, call, format)
  return {
    units: tokens === 0 ? units : { ...units, input_uncached: tokens },
    source: 'tokenizer',
    reported: null,
  }
}

/** Likewise; what was delivered in words is counted too. */
const measureMedia = async (
  { dialect, request }: MediaCall,
  { attempt, deliveredText }: ServedOutcome,
): Promise<MeasuredUsage> => {
  const estimate = attempt.target.media[dialect.task]?.estimate(request)
  if (estimate === undefined) return { units: {}, source: 'none', reported: null }
  const [read, written] = await Promise.all([countTokens(estimate.text), countTokens(deliveredText)])
  return {
    units: {
      ...estimate.units,
      ...(read === 0 ? {} : { input_uncached: read }),
      ...(written === 0 ? {} : { output_text: written }),
    },
    source: 'tokenizer',
    reported: null,
  }
}

/** A hard budget bills no more than was held. When an answer cost more than expected the hold is first asked to grow. */
const billWithinBudget = (
  deps: Deps,
  { call, admission, outcome }: SettleInput,
  measured: MeasuredUsage,
): Bill | Promise<Bill> => {
  if (outcome.kind === 'failed') throw new TypeError('a failed call has no bill')
  const { begin, offering } = outcome.attempt
  const facts = {
    units: measured.units,
    usageSource: measured.source,
    outcome: outcome.outcome,
    hasContent: outcome.hasContent,
    funding: begin.funding,
    // The model that answered is what the provider bills, whichever was asked for.
    rates: findServedRates(call.snapshot, offering, outcome.servedModel),
    startedAtMs: call.startedAtMs,
    serviceTier: outcome.serviceTier,
    ceilingPusd: null,
  }
  const unclipped = computeBill(facts)
  const { hold } = admission
  if (!admission.isClipped || unclipped.billedPusd <= hold.pusd) return unclipped
  const missing = toNanoUsdCeil(pusd(unclipped.billedPusd - hold.pusd))
  return deps.quota
    .extend(admission.caller.orgId, admission.holdId, { amount: missing, tokens: 0 })
    .then((answer) => (answer === 'extended' ? unclipped : computeBill({ ...facts, ceilingPusd: hold.pusd })))
}

interface EventParts {
  readonly trail: readonly TrailStep[]
  readonly bill: Bill
  readonly measured: MeasuredUsage
}

const describeEnd = (deps: Deps, outcome: ServedOutcome, { trail, bill, measured }: EventParts): AttemptEnd => ({
  kind: 'settle',
  seq: 0,
  modelServed: outcome.servedModel,
  serviceTier: outcome.serviceTier,
  firstByteAtMs: outcome.firstByteAtMs,
  endedAtMs: outcome.endedAtMs,
  units: measured.units,
  usageSource: measured.source,
  providerUsageRaw: measured.reported?.raw ?? null,
  providerRequestId: outcome.providerRequestId,
  providerStatedCostPusd: readStatedCost(measured.reported),
  costPusd: bill.costPusd,
  billedPusd: bill.billedPusd,
  absorbedPusd: bill.absorbedPusd,
  absorbedReason: bill.absorbedReason,
  outcome: outcome.outcome,
  isFinal: true,
  httpStatus: 200,
  errorCode: outcome.error?.code ?? null,
  trail,
  proxyId: deps.proxyId,
  proxyBootId: deps.bootId,
  proxySeq: outcome.attempt.seq,
})

/** Floats of some providers have more decimals than there are pico-dollars: cut, for comparing only. */
const readStatedCost = (reported: ReportedUsage | null): Pusd | null => {
  const [, whole, fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(reported?.statedCostUsd ?? '') ?? []
  return whole === undefined ? null : parseUsd(`${whole}.${fraction.slice(0, 12).padEnd(1, '0')}`)
}

const describeLost = (
  deps: Deps,
  lost: LostAttempt,
  facts: { readonly trail: readonly TrailStep[]; readonly isFinal: boolean },
): AttemptEnd => ({
  kind: 'settle',
  seq: 0,
  modelServed: null,
  serviceTier: lost.attempt.begin.serviceTier,
  firstByteAtMs: null,
  endedAtMs: lost.endedAtMs,
  units: {},
  usageSource: 'none',
  providerUsageRaw: null,
  providerRequestId: lost.providerRequestId,
  providerStatedCostPusd: null,
  costPusd: ZERO_PUSD,
  billedPusd: ZERO_PUSD,
  absorbedPusd: ZERO_PUSD,
  absorbedReason: null,
  outcome: lost.outcome,
  isFinal: facts.isFinal,
  httpStatus: lost.httpStatus,
  errorCode: lost.error.code,
  trail: facts.trail,
  proxyId: deps.proxyId,
  proxyBootId: deps.bootId,
  proxySeq: lost.attempt.seq,
})

/** Why the attempt that served was the one, or how it ended when it did not end well. */
const describeChoice = ({ outcome, lost, attempt, fromCache }: ServedOutcome): string => {
  if (fromCache === true) return 'from the response cache'
  const why =
    outcome !== 'ok'
      ? outcome
      : lost.length === 0
        ? 'first choice'
        : `after ${lost.length} failed ${lost.length === 1 ? 'attempt' : 'attempts'}`
  return attempt.dropped.length === 0 ? why : `${why}; left out of the request: ${attempt.dropped.join(', ')}`
}

/** What was tried, in order, then what was left out and why. */
const describeTrail = (plan: Plan, outcome: Outcome): readonly TrailStep[] => {
  const steps: TrailStep[] = []
  for (const lost of outcome.lost)
    steps.push({
      attempt: lost.attempt.number,
      offeringId: lost.attempt.offering.id,
      provider: lost.attempt.offering.providerId,
      result: 'failed',
      reason: lost.error.code,
      httpStatus: lost.httpStatus,
      durationMs: lost.endedAtMs - lost.attempt.dispatchedAtMs,
    })
  if (outcome.kind === 'served')
    steps.push({
      attempt: outcome.attempt.number,
      offeringId: outcome.attempt.offering.id,
      provider: outcome.attempt.offering.providerId,
      result: 'served',
      reason: describeChoice(outcome),
      httpStatus: 200,
      durationMs: outcome.endedAtMs - outcome.attempt.dispatchedAtMs,
    })
  for (const step of plan.skipped) steps.push(step)
  return steps
}
