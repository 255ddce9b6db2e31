import type { Caller } from '@atpar/core/caller'
import type { ChatRequest } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import { guardBody } from '@atpar/core/guard-scan'
import type { GuardPolicy } from '@atpar/core/guardrails'
import { isJsonObject, type JsonObject } from '@atpar/core/json'
import { limitsOn } from '@atpar/core/limit-arithmetic'
import { nanoUsd } from '@atpar/core/money'
import type { Endpoint } from '@atpar/core/key-scope'
import type { Snapshot } from '@atpar/core/snapshot'
import type { CallerDialect, TokenCounter, UpstreamTarget } from '@atpar/dialects/contract'
import { identify, requireEndpoint } from '../call/authenticate.ts'
import { refuseFindings } from '../call/guard.ts'
import { chooseRoute } from '../call/choose-route.ts'
import type { Plan } from '../call/call-context.ts'
import { pathOfCall } from '@atpar/providers/upstream-call'
import type { Deps } from '../deps.ts'
import { narrowCaller } from '../guarding/narrow-caller.ts'
import type { Peer } from '../http/networks.ts'
import { joinTags } from '../http/tags.ts'
import { refusal } from '../limits/refusals.ts'
import { countTokens, textOfRequest } from '../metering/estimate.ts'
import { parseLoosely } from '../upstream/parse-loosely.ts'
import type { Candidate } from '../upstream/candidates.ts'
import { collectBody } from '../upstream/http.ts'
import { passBetas } from '../upstream/pass-betas.ts'
import { refuseReserved } from '../upstream/refuse-reserved.ts'
import { targetFor, type ProviderTarget } from '../upstream/targets.ts'

/** A request whose input is to be counted and not answered. */
export interface CountedCall {
  readonly requestId: string
  readonly startedAtMs: number
  readonly endpoint: Endpoint
  readonly dialect: CallerDialect
  readonly json: JsonObject
  readonly snapshot: Snapshot
  readonly keyText: string
  readonly peer: Peer
  readonly tags: readonly string[]
  readonly betas: string | null
}

export interface Count {
  readonly tokens: number
  /** Null = an estimate of ours: nobody who serves the model counts. */
  readonly countedBy: string | null
  readonly modelId: string
}

const ANSWER_WITHIN_MS = 10_000
const MAX_ANSWER_BYTES = 64 * 1024

/**
 * Input tokens of a request, as the provider counts them where it does so free of charge, else by a tokenizer of ours. Costs nothing and leaves no
 * usage, but is for keys that may send the request itself, and while their rate limits have room: it takes a place among the running requests.
 * @throws AppError as the request itself would.
 */
export const countInput = async (deps: Deps, asked: CountedCall): Promise<Count> => {
  const known = await identify(deps, asked)
  requireEndpoint(known, asked.endpoint)
  const { caller, call } = known.guard === null ? { caller: known, call: asked } : guardCount(known, asked, known.guard)
  const facts = call.dialect.readFacts(call.json)
  const plan = await chooseRoute(deps, caller, { ...call, facts, tasks: ['chat'] })
  return withinRates(deps, { caller, plan, call }, async () => {
    const request = call.dialect.decodeRequest(call.json)
    for (const candidate of plan.candidates) {
      const tokens = await askProvider(deps, { call, request, candidate })
      if (tokens !== null) return { tokens, countedBy: candidate.providerId, modelId: candidate.modelId }
    }
    const text = textOfRequest(request) + (request.tools.length === 0 ? '' : JSON.stringify(request.tools))
    return { tokens: await countTokens(text), countedBy: null, modelId: plan.model.id }
  })
}

/** What is counted leaves the house as what is answered does. @throws AppError `guardrail_blocked` */
const guardCount = (caller: Caller, call: CountedCall, policy: GuardPolicy): Omit<Admitted, 'plan'> => {
  const { findings, json } = guardBody(call.json, policy)
  refuseFindings(findings)
  return {
    caller: narrowCaller(caller, policy),
    call: { ...call, json },
  }
}

interface Admitted {
  readonly caller: Caller
  readonly plan: Plan
  readonly call: CountedCall
}

/** A hold of nothing, given back when the count is there. */
const withinRates = async (
  deps: Deps,
  { caller, plan, call }: Admitted,
  count: () => Promise<Count>,
): Promise<Count> => {
  const rates = limitsOn(caller.rateLimits, { modelId: plan.model.id, tags: joinTags(caller.labels, call.tags) })
  if (rates.length === 0) return count()
  const holdId = `${call.requestId}:1`
  const result = await deps.quota.reserve({
    orgId: caller.orgId,
    holdId,
    bootId: deps.bootId,
    amount: nanoUsd(0n),
    deadlineMs: deps.clock.wallMs() + ANSWER_WITHIN_MS * 2,
    counters: [],
    rates,
    tokens: 0,
    payload: '',
  })
  if (result.kind !== 'held') throw refusal(result, { budgets: [], atMs: call.startedAtMs })
  try {
    return await count()
  } finally {
    deps.quota.release(caller.orgId, holdId)
  }
}

interface Question {
  readonly call: CountedCall
  readonly request: ChatRequest
  readonly candidate: Candidate
}

interface Counting {
  readonly target: ProviderTarget
  readonly counter: TokenCounter
}

/** In the caller's own format where that counts, else in whichever of the provider's does. */
const findCounter = ({ target }: Candidate, dialect: CallerDialect): Counting | null => {
  if (!target.countsTokens) return null
  for (const each of [targetFor(target, dialect.id), target, ...(target.others?.values() ?? [])])
    if (each.dialect.counter !== undefined) return { target: each, counter: each.dialect.counter }
  return null
}

/** Null when this provider does not count, or not now: then another one may, and an estimate always can. @throws AppError what it refuses about the request. */
const askProvider = async (deps: Deps, { call, request, candidate }: Question): Promise<number | null> => {
  const found = findCounter(candidate, call.dialect)
  if (found === null) return null
  const { target, counter } = found
  const upstream: UpstreamTarget = {
    upstreamModel: candidate.upstreamModel,
    stream: false,
    clampOutputTokens: null,
    defaultMaxOutputTokens: candidate.maxOutputTokens ?? 4_096,
    reasoning: call.snapshot.models.get(candidate.modelId)?.reasoning === true,
  }
  const isSame = target.dialect.id === call.dialect.id
  // What this account may not be asked is not counted there either.
  if (isSame && refuseReserved(call.dialect.readFacts(call.json).reserved, call.json, candidate) !== null) return null
  const betas = call.betas === null || !isSame ? null : passBetas(call.betas, target.betas ?? []).headers
  if (!isSame && (request.untranslatable?.length ?? 0) > 0) return null
  const whole = isSame ? call.json : target.dialect.encodeRequest(request, upstream).body
  const body = JSON.stringify(counter.ask(whole, upstream))
  const path = pathOfCall(target, counter.path(upstream), candidate.upstreamModel)
  try {
    const signed = target.sign === null ? null : await target.sign({ method: 'POST', path, body })
    const answer = await deps.upstream.send({
      origin: target.origin,
      path,
      headers: { ...target.headers, ...betas, ...signed },
      body,
      publicOnly: target.publicOnly,
      firstByteTimeoutMs: ANSWER_WITHIN_MS,
      idleTimeoutMs: ANSWER_WITHIN_MS,
    })
    const read = parseLoosely((await collectBody(answer.body, MAX_ANSWER_BYTES)).toString('utf8'))
    if (answer.status === 200) return isJsonObject(read) ? counter.read(read) : null
    const problem = target.dialect.decodeError(answer.status, read)
    // What is wrong with the request is worth hearing; what is wrong at the provider is no reason not to estimate.
    if (problem.code === 'upstream_rejected' && answer.status !== 404)
      throw new AppError('upstream_rejected', {
        message: `${target.displayName}: ${problem.message}`,
        metadata: { provider: target.providerId, providerStatus: answer.status },
      })
    return null
  } catch (error) {
    if (error instanceof AppError) throw error
    deps.log.info('tokens-uncounted', {
      requestId: call.requestId,
      providerId: target.providerId,
      error: error instanceof Error && 'code' in error ? String(error.code) : 'no answer',
    })
    return null
  }
}
