import { spliceJson, type JsonEdit } from '@atpar/core/json-splice'
import type { AnswerName } from '@atpar/redis/kept-answers'
import type { Admission, Attempt, IncomingCall, Outcome } from '../call/call-context.ts'
import type { AnswerGuard } from '../guarding/answer-guard.ts'
import type { Deps } from '../deps.ts'
import type { Candidate } from '../upstream/candidates.ts'
import type { CacheWish } from './cache-wish.ts'
import { editKeptStream } from './edit-kept-stream.ts'
import { createRecorder, type RecordedAnswer, type Recorder } from './recorder.ts'
import { nameBy, openRecorded, sealRecorded, type AnswerLock } from './sealed-answer.ts'

/** One request's dealings with the cache. */
export interface Caching {
  /** The answer that was kept, of an offering the request may use now; null for none. */
  find(candidates: readonly Candidate[]): Promise<CachedAnswer | null>
  /** The call, its answer being noted on its way to the caller. */
  readonly recorded: IncomingCall
  /** Keeps what was noted, if the attempt ended well. */
  keep(outcome: Outcome | null): Promise<void>
}

export interface CachedAnswer {
  readonly offering: Candidate
  readonly answer: RecordedAnswer
}

/**
 * The exact response cache: the same key, the same endpoint, the same bytes. Null for a request that is not to use it: nearly all.
 * A cache that cannot be asked is an empty one.
 */
export const openCaching = (
  deps: Deps,
  {
    call,
    admission,
    wish,
    answers,
  }: {
    readonly call: IncomingCall
    readonly admission: Admission
    readonly wish: CacheWish | null
    readonly answers: AnswerGuard | null
  },
): Caching | null => {
  const { keyText } = call
  // Pictures and sounds are named by their files, which are no part of the body, and are megabytes.
  if (wish === null || !wish.isOn || keyText === null || call.kind === 'media') return null
  if ((call.facts.stream && !wish.streams) || (call.facts.usesTools && !wish.tools)) return null
  const { orgId, keyId } = admission.caller
  const place: AnswerName = {
    orgId,
    name: `cached:${nameBy(keyText, [keyId, call.endpoint, call.dialect.id, call.facts.model, String(call.facts.stream), ...policyOf(answers), ...(call.betas === null ? [] : [call.betas]), call.body])}`,
  }
  const lock: AnswerLock = { keyText, context: `${orgId} ${place.name}` }
  const recorder: Recorder = createRecorder(call.reply, { outlivesCaller: false })
  const missed = (error: unknown): null => {
    deps.log.warn('response-cache-unreachable', { error: error instanceof Error ? error.message : String(error) })
    return null
  }
  const look = async (candidates: readonly Candidate[]): Promise<CachedAnswer | null> => {
    const sealed = await deps.answers.find(place)
    const answer = sealed === null ? null : await openRecorded(sealed, lock)
    if (answer === null) return null
    const offering = candidates.find(
      ({ providerId, modelId }) =>
        providerId === answer.headers['x-atpar-provider'] && modelId === answer.headers['x-atpar-model'],
    )
    return offering === undefined ? null : { offering, answer }
  }
  return {
    find: (candidates) => (wish.refresh ? Promise.resolve(null) : look(candidates).catch(missed)),
    recorded: { ...call, reply: recorder.reply },
    keep: async (outcome) => {
      const answer = recorder.answer()
      if (
        outcome?.kind !== 'served' ||
        outcome.outcome !== 'ok' ||
        outcome.error !== null ||
        answer === null ||
        answer === 'too-large'
      )
        return
      const sealed = await sealRecorded(answer, lock)
      if (sealed !== null) await deps.answers.put(place, Buffer.from(sealed), wish.ttlSeconds * 1_000).catch(missed)
    },
  }
}

/** An answer that another policy let pass is another answer. */
const policyOf = (answers: AnswerGuard | null): readonly string[] =>
  answers === null ? [] : [JSON.stringify(answers.policy)]

/** A hit as the ledger sees it: served, of nothing, by the offering that answered the first time. */
export const outcomeOfHit = (attempt: Attempt, atMs: number): Outcome => ({
  kind: 'served',
  attempt,
  lost: [],
  outcome: 'ok',
  fromCache: true,
  usage: null,
  usageIsFinal: false,
  deliveredText: '',
  deliveredCharacters: null,
  hasContent: true,
  servedModel: null,
  serviceTier: null,
  providerRequestId: null,
  firstByteAtMs: atMs,
  endedAtMs: atMs,
  error: null,
})

/** The kept answer with this request's ids, and without the cost of the one that paid. */
export const describeHit = (call: IncomingCall, { body, isStream, ...answer }: RecordedAnswer): RecordedAnswer => ({
  ...answer,
  isStream,
  headers: { ...answer.headers, 'x-request-id': call.requestId, 'x-generation-id': call.requestId },
  body: isStream
    ? editKeptStream(body, costEditsOf(call, 'event'))
    : Buffer.from(spliceJson(body, costEditsOf(call, 'answer'))),
})

const costEditsOf = (call: IncomingCall, place: 'answer' | 'event'): readonly JsonEdit[] => {
  if (call.kind === 'media' || call.kind === 'realtime') return []
  return call.kind === 'chat' ? call.dialect.costEdits('0', place) : call.dialect.costEdits('0')
}
