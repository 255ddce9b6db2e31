import type { Caller } from '@atpar/core/caller'
import { AppError } from '@atpar/core/errors'
import { guardBody, type Finding } from '@atpar/core/guard-scan'
import { narrow, type GuardPolicy } from '@atpar/core/guardrails'
import { spliceJson } from '@atpar/core/json-splice'
import type { TrailStep } from '@atpar/core/usage-event'
import { wishOfPolicy } from '../answers/cache-wish.ts'
import type { Deps } from '../deps.ts'
import type { IncomingCall } from './call-context.ts'

/** A request as its guardrails let it go on. */
export interface GuardedCall {
  readonly caller: Caller
  readonly call: IncomingCall
  /** What was found, for the record. */
  readonly trail: readonly TrailStep[]
  /** Output limit to force, all answers together; null = the request's own is low enough. */
  readonly clampTokens: number | null
}

/** Part of step 1, for keys that have a policy above them. @throws AppError `guardrail_blocked`, naming the rules and nothing of what they found. */
export const applyGuardrails = async (
  deps: Deps,
  { caller, call, policy }: { readonly caller: Caller; readonly call: IncomingCall; readonly policy: GuardPolicy },
): Promise<GuardedCall> => {
  const refused = policy.refusedParameters.find((name) => call.json[name] !== undefined)
  if (refused !== undefined)
    throw new AppError('guardrail_blocked', {
      param: refused,
      message: `A guardrail of your organization does not allow "${refused}". Leave it out.`,
    })
  const { findings, body } = await scan(deps, call, policy)
  const blocking = findings.filter(({ action }) => action === 'block')
  if (blocking.length > 0)
    throw new AppError('guardrail_blocked', {
      message: `A guardrail of your organization refused this request: it holds ${blocking.map(({ rule, count }) => `${rule} (${count})`).join(', ')}. Take that out.`,
    })
  const most = policy.maxOutputTokens
  const { maxOutputTokens } = call.facts
  return {
    caller: { ...caller, allowedModels: narrow(caller.allowedModels, policy.allowedModels) },
    call: {
      ...call,
      ...body,
      facts: most === null ? call.facts : { ...call.facts, maxOutputTokens: Math.min(maxOutputTokens ?? most, most) },
      cacheWish: call.cacheWish ?? wishOfPolicy(policy.cacheSeconds),
    },
    trail: findings.map(describeFinding),
    clampTokens:
      most === null || (maxOutputTokens !== null && maxOutputTokens <= most)
        ? null
        : most * Math.max(1, call.facts.choices),
  }
}

interface Scanned {
  readonly findings: readonly Finding[]
  /** Of the call, what redaction changed. */
  readonly body: Partial<Pick<IncomingCall, 'body' | 'json' | 'large'>>
}

const scan = async (deps: Deps, call: IncomingCall, policy: GuardPolicy): Promise<Scanned> => {
  if (call.large !== null) {
    const { findings, bytes } = await deps.largeBodies.guard(call.large, policy)
    return {
      findings,
      body: bytes === null ? {} : { body: Buffer.from(bytes.buffer), large: { ...call.large, bytes } },
    }
  }
  const { findings, edits, json } = guardBody(call.json, policy)
  return { findings, body: edits.length === 0 ? {} : { body: Buffer.from(spliceJson(call.body, edits)), json } }
}

const DONE: Readonly<Record<Finding['action'], string>> = {
  warn: 'noted',
  redact: 'blacked out',
  block: 'refused',
}

const describeFinding = ({ rule, action, count }: Finding): TrailStep => ({
  attempt: null,
  offeringId: rule,
  provider: 'guardrails',
  result: 'guarded',
  reason: `${count} ${count === 1 ? 'place' : 'places'} ${DONE[action]}`,
})
