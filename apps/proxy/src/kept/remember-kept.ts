import type { Admission, Answer, IncomingCall } from '../call/call-context.ts'
import type { Deps } from '../deps.ts'

interface KeptInput {
  readonly call: IncomingCall
  readonly admission: Admission
  readonly answer: Extract<Answer, { kind: 'whole' | 'stream' }>
  readonly ids: readonly string[] | undefined
}

/** Who keeps this answer is known before its caller can ask for it. Null for nearly every answer: nobody does. */
export const rememberKept = (deps: Deps, { call, admission, answer, ids }: KeptInput): Promise<void> | null => {
  const { target, offering } = answer.attempt
  if (ids === undefined || ids.length === 0 || !answer.sameDialect || !target.keepsResponses) return null
  return deps.kept.remember({
    orgId: admission.caller.orgId,
    requestId: call.requestId,
    ids,
    keeper: { providerId: target.providerId, credentialId: offering.credential?.credentialId ?? null },
  })
}
