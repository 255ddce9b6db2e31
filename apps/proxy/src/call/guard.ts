import type { Caller } from '@atpar/core/caller'
import { AppError } from '@atpar/core/errors'
import { guardBody } from '@atpar/core/guard-scan'
import { isBlocking, nameBlocking, type Finding } from '@atpar/core/guard-text'
import type { GuardPolicy } from '@atpar/core/guardrails'
import { spliceJson } from '@atpar/core/json-splice'
import type { TrailStep } from '@atpar/core/usage-event'
import { wishOfPolicy } from '../answers/cache-wish.ts'
import type { Deps } from '../deps.ts'
import { describeFinding } from '../guarding/describe-finding.ts'
import { openAnswerGuard, type AnswerGuard } from '../guarding/answer-guard.ts'
import { narrowCaller } from '../guarding/narrow-caller.ts'
import type { IncomingCall } from './call-context.ts'

/** A request as its guardrails let it go on. */
export interface GuardedCall {
  readonly caller: Caller
  readonly call: IncomingCall
  /** What was found, for the record. */
  readonly trail: readonly TrailStep[]
  /** Output limit to force, all answers together; null = the request's own is low enough. */
  readonly clampTokens: number | null
  /** Null when answers are not looked through. */
  readonly answers: AnswerGuard | null
}

/** Part of step 1, for keys that have a policy above them. @throws AppError `guardrail_blocked`, naming the rules and nothing of what they found. */
export const applyGuardrails = async (
  deps: Deps,
  { caller, call, policy }: { readonly caller: Caller; readonly call: IncomingCall; readonly policy: GuardPolicy },
): Promise<GuardedCall> => {
  refuseUnreadable(call, policy)
  const { findings, call: scanned } = await scan(deps, call, policy)
  refuseFindings(findings)
  const most = policy.maxOutputTokens
  const { maxOutputTokens } = call.facts
  return {
    caller: narrowCaller(caller, policy),
    call: {
      ...scanned,
      facts: most === null ? call.facts : { ...call.facts, maxOutputTokens: Math.min(maxOutputTokens ?? most, most) },
      cacheWish: call.cacheWish ?? wishOfPolicy(policy.cacheSeconds),
    },
    trail: findings.map((finding) => describeFinding(finding, 'request')),
    clampTokens:
      most === null || (maxOutputTokens !== null && maxOutputTokens <= most)
        ? null
        : most * Math.max(1, call.facts.choices),
    answers: policy.answers ? openAnswerGuard(policy) : null,
  }
}

/** @throws AppError `guardrail_blocked` */
export const refuseFindings = (findings: readonly Finding[]): void => {
  if (!findings.some(isBlocking)) return
  throw new AppError('guardrail_blocked', {
    message: `A guardrail of your organization refused this request: it holds ${nameBlocking(findings)}. Take that out.`,
  })
}

/** What would reach the caller before it can be read. */
const refuseUnreadable = (call: IncomingCall, policy: GuardPolicy): void => {
  if (policy.answers && call.kind === 'media' && call.request.task === 'transcription' && call.request.stream)
    throw new AppError('guardrail_blocked', {
      param: 'stream',
      message: 'A guardrail of your organization reads transcripts before they are sent. Leave "stream" out.',
    })
}

interface Scanned {
  readonly findings: readonly Finding[]
  /** The call as redaction left it. */
  readonly call: IncomingCall
}

const scan = async (deps: Deps, call: IncomingCall, policy: GuardPolicy): Promise<Scanned> => {
  if (call.large !== null) {
    const { findings, bytes } = await deps.largeBodies.guard(call.large, policy)
    return {
      findings,
      call: bytes === null ? call : { ...call, body: Buffer.from(bytes.buffer), large: { ...call.large, bytes } },
    }
  }
  const { findings, edits, json } = guardBody(call.json, policy)
  if (edits.length === 0) return { findings, call }
  if (call.kind === 'media') {
    // What is sent of it is made from the request; a form has no body of JSON.
    const input = { ...call.input, json }
    return { findings, call: { ...call, json, input, request: call.dialect.decodeRequest(input) } }
  }
  return { findings, call: { ...call, json, body: Buffer.from(spliceJson(call.body, edits)) } }
}
