import { createHash } from 'node:crypto'
import { AppError } from '@atpar/core/errors'
import { openAnswer, sealAnswer } from '@atpar/crypto/sealed-answer'
import { claimAnswer, findAnswer, storeAnswer, type RepeatedCall } from '@atpar/db/management-answers'
import { withTenant } from '@atpar/db/tenant'
import { readDeps } from '../deps.ts'
import type { ManagementCaller } from './authenticate.ts'
import type { AnswerClaim } from './define-route.ts'

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/

export interface Repeatable {
  readonly claim: AnswerClaim
  /** What the call was answered with before; null when it was not. @throws AppError conflict when it was another call. */
  readonly findEarlier: () => Promise<{ readonly status: number; readonly body: string } | null>
}

/** The call was done before: the transaction that noticed has done nothing. */
export class DoneBefore extends Error {}

const sha256 = (...parts: readonly string[]): Uint8Array => {
  const hash = createHash('sha256')
  // With its length before each part, so that no two lists of parts run into the same text.
  for (const part of parts) hash.update(`${part.length}:${part}`)
  return hash.digest()
}

interface AskedCall {
  readonly request: Request
  readonly path: string
  readonly bodyText: string
  readonly status: number
}

/**
 * What a POST with an `Idempotency-Key` needs; null without one. Only what succeeded is kept, in the act's own transaction: a refusal changed
 * nothing and may be tried again. @throws AppError invalid_request
 */
export const readRepeatable = (caller: ManagementCaller, call: AskedCall): Repeatable | null => {
  const key = call.request.headers.get('idempotency-key')
  if (key === null) return null
  if (!IDEMPOTENCY_KEY.test(key))
    throw new AppError('invalid_request', {
      message: 'Idempotency-Key takes 1 to 200 visible ASCII characters; a UUID is best.',
      param: 'Idempotency-Key',
    })
  const { orgId } = caller.context
  const repeated: RepeatedCall = {
    managementKeyId: caller.managementKeyId,
    idempotencyHash: sha256(key),
    requestHash: sha256(call.request.method, call.path, call.bodyText),
  }
  const lock = { keyText: caller.keyText, context: repeated.idempotencyHash }
  return {
    claim: {
      take: async (tx) => {
        if (!(await claimAnswer(tx, orgId, repeated))) throw new DoneBefore()
      },
      keep: (tx, answer) =>
        storeAnswer(tx, orgId, {
          call: repeated,
          status: call.status,
          sealedBody: sealAnswer(JSON.stringify(answer), lock),
        }),
    },
    findEarlier: async () => {
      const stored = await withTenant(readDeps().db, { orgId, userId: null }, (tx) => findAnswer(tx, orgId, repeated))
      if (stored === null) return null
      if (!Buffer.from(stored.requestHash).equals(repeated.requestHash))
        throw new AppError('conflict', {
          message: 'This Idempotency-Key was used for another call within the last 24 hours.',
          param: 'Idempotency-Key',
        })
      return { status: stored.status, body: openAnswer(stored.sealedBody, lock) }
    },
  }
}
