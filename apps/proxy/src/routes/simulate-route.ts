import { AppError, type ErrorCode } from '@atpar/core/errors'
import { dearestCost, type TokenBounds } from '@atpar/core/hold-arithmetic'
import { isJsonObject, type JsonObject } from '@atpar/core/json'
import { formatUsd, pusd } from '@atpar/core/money'
import type { OfferingRates } from '@atpar/core/pricing'
import type { TrailStep } from '@atpar/core/usage-event'
import type { CallerDialectId, RequestFacts } from '@atpar/dialects/contract'
import { identify, requireEndpoint } from '../call/authenticate.ts'
import { chooseRoute } from '../call/choose-route.ts'
import { encodeForProvider } from '../upstream/encode-for-provider.ts'
import type { Plan } from '../call/call-context.ts'
import type { Deps } from '../deps.ts'
import { sizeUp } from '../holds/size-up.ts'
import { readBody } from '../http/body.ts'
import { parseJsonBody } from '../http/json-body.ts'
import { readKeyText } from '../http/key-text.ts'
import { peerOf } from '../http/networks.ts'
import type { Candidate } from '../upstream/candidates.ts'
import { targetFor } from '../upstream/targets.ts'
import type { RouteRequest } from './infer.ts'

const MAX_BODY_BYTES = 1024 * 1024

const ENDPOINT_OF = {
  'openai-chat': 'chat.completions',
  'openai-responses': 'responses',
  'anthropic-messages': 'messages',
  gemini: 'generate-content',
} as const satisfies Record<CallerDialectId, string>

/**
 * `POST /v1/route/simulate`: whom a request would be sent to and in which order, for what price, and who is left out and why. The body is the request
 * itself, in any of the four formats. Nothing is sent, held or counted.
 */
export const simulateRoute = async (deps: Deps, { request, reply }: RouteRequest): Promise<void> => {
  const keyText = readKeyText(request.headers)
  if (keyText === null) throw new AppError('missing_key')
  const caller = await identify(deps, { keyText, peer: peerOf(request) })
  const bytes = await readBody(request, { maxBytes: MAX_BODY_BYTES })
  const sent = parseJsonBody(bytes)
  const format = formatOf(sent, request.headers['anthropic-version'] !== undefined)
  const json = format === 'gemini' ? { stream: false, ...sent } : sent
  requireEndpoint(caller, ENDPOINT_OF[format])
  const facts = deps.dialects[format].readFacts(json)
  const snapshot = deps.feed.current()
  const question: Question = { bytes, json, facts, format }
  const answer = (body: JsonObject): void =>
    reply.sendWhole(
      200,
      { 'content-type': 'application/json' },
      JSON.stringify({ object: 'route.simulation', format, ...body }),
    )
  try {
    // Looking takes no probe of a provider that is being tried again.
    const looking: Deps = { ...deps, health: { ...deps.health, stateOf: deps.health.peek } }
    const plan = await chooseRoute(looking, caller, { json, facts, snapshot, tasks: ['chat'] })
    const size = sizeUp(deps, { caller, plan, call: { facts }, isHard: false })
    answer({
      model: plan.model.id,
      refused: null,
      expected: {
        input_tokens: size.expected.inputTokens,
        output_tokens: size.expected.outputTokens,
        cost: formatUsd(dearestCost(plan.candidates, size.expected)),
      },
      candidates: plan.candidates.map((candidate, index) => ({
        position: index + 1,
        ...describeCandidate(deps, { plan, question, candidate, expected: size.expected }),
      })),
      skipped: plan.skipped.map(describeSkipped),
    })
  } catch (error) {
    // A plan without candidates is an answer here: why nobody would be asked. What is wrong with the request is not.
    if (!(error instanceof AppError) || !NOBODY_TO_ASK.has(error.code)) throw error
    answer({
      model: facts.model,
      refused: { code: error.code, message: error.message },
      expected: null,
      candidates: [],
      skipped: [],
    })
  }
}

const NOBODY_TO_ASK: ReadonlySet<ErrorCode> = new Set([
  'no_provider_available',
  'model_not_priced',
  'model_retired',
  'model_not_allowed',
  'response_not_kept',
])

/** By what only one of them has. */
const formatOf = (body: JsonObject, isAnthropic: boolean): CallerDialectId => {
  if (body.contents !== undefined) return 'gemini'
  if (body.input !== undefined) return 'openai-responses'
  if (body.messages === undefined)
    throw new AppError('invalid_request', {
      message: 'The body is to be the request itself: with "messages", "input" or "contents", and "model".',
    })
  return isAnthropic || isAnthropicOnly(body) ? 'anthropic-messages' : 'openai-chat'
}

const isAnthropicOnly = (body: JsonObject): boolean =>
  body.system !== undefined || body.stop_sequences !== undefined || isJsonObject(body.thinking)

interface Question {
  readonly bytes: Buffer
  readonly json: JsonObject
  readonly facts: RequestFacts
  readonly format: CallerDialectId
}

interface CandidateInput {
  readonly plan: Plan
  readonly question: Question
  readonly candidate: Candidate
  readonly expected: TokenBounds
}

const describeCandidate = (deps: Deps, { question, candidate, expected }: CandidateInput): JsonObject => {
  const target = targetFor(candidate.target, question.format)
  return {
    offering: candidate.id,
    provider: candidate.providerId,
    model: candidate.modelId,
    account: candidate.funding === 'byok' ? 'own' : candidate.funding,
    health: deps.health.peek(candidate.breakerId),
    upstream_format: target.dialect.id,
    converted: target.dialect.id !== question.format,
    ...tryEncoding(question, candidate),
    context_length: candidate.contextTokens,
    max_output_tokens: candidate.maxOutputTokens,
    price: candidate.rates === null ? null : describePrices(candidate.rates),
    expected_cost: formatUsd(dearestCost([candidate], expected)),
  }
}

/** What of the request this candidate would not hear, or why it cannot be asked at all. */
const tryEncoding = ({ bytes, json, format, facts }: Question, candidate: Candidate): JsonObject => {
  const target = targetFor(candidate.target, format)
  try {
    const { dropped } = encodeForProvider(
      { bytes, json, dialect: format },
      {
        to: target.dialect.id,
        target: {
          upstreamModel: candidate.upstreamModel,
          stream: facts.stream,
          clampOutputTokens: null,
          defaultMaxOutputTokens: candidate.maxOutputTokens ?? 4_096,
          maxOutputField: target.maxOutputField,
          ...(target.quirks === undefined ? {} : { quirks: target.quirks }),
        },
        missing: candidate.missing,
        offeringId: candidate.id,
        provider: target.displayName,
      },
    )
    return { left_out: [...dropped], cannot: null }
  } catch (error) {
    if (error instanceof AppError) return { left_out: [], cannot: { code: error.code, message: error.message } }
    throw error
  }
}

/** The base prices, exactly: dollars for so many units. Tiers are on the price page. */
const describePrices = (rates: OfferingRates): JsonObject => {
  const base =
    rates.rows.find((row) => row.contextFrom === 0 && row.serviceTier === null && row.window === null) ?? rates.rows[0]
  return Object.fromEntries(
    Object.entries(base?.prices ?? {}).map(([bucket, price]) => [
      bucket,
      { usd: formatUsd(pusd(price.amountPusd)), per: Number(price.perUnits) },
    ]),
  )
}

const describeSkipped = ({ offeringId, provider, reason }: TrailStep): JsonObject => ({
  offering: offeringId,
  provider: provider === '' ? null : provider,
  reason,
})
