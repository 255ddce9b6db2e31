import type { Caller } from '@atpar/core/caller'
import { AppError } from '@atpar/core/errors'
import type { AnswerName, KeptAnswers } from '@atpar/redis/kept-answers'
import type { Reply } from '../http/reply.ts'
import { createRecorder, replay } from './recorder.ts'
import { nameBy, openRecorded, sealRecorded, type AnswerLock } from './sealed-answer.ts'

/** How long a retry gets the answer of the first. */
const KEPT_MS = 10 * 60_000
/** A request that runs says so again and again: one whose process died is forgotten after this. */
const RUNNING_MS = 30_000
const BEAT_MS = 10_000
const LOOK_EVERY_MS = 200
const NAME = /^[\x21-\x7e]{1,255}$/

export interface OnceDeps {
  readonly answers: KeptAnswers
  readonly warn: (event: string, fields: Readonly<Record<string, unknown>>) => void
}

export interface OnceRequest {
  readonly idempotencyKey: string
  readonly caller: Pick<Caller, 'orgId' | 'keyId'>
  readonly keyText: string
  /** What must be the same for it to be the same request: path and body. */
  readonly path: string
  readonly body: Uint8Array
  readonly reply: Reply
}

/**
 * One request for each idempotency key of an API key: the first runs, to its end even if its caller leaves; whoever sends the same again meanwhile
 * waits for its answer, and for ten minutes after it gets that answer. A request that failed was not billed and leaves nothing: it may run again.
 * @throws AppError `invalid_request`, `idempotency_key_reused`, `conflict` (its answer was too large to keep), `quota_unavailable` (nobody knows
 * whether it ran), and whatever `run` throws.
 */
export const runOnce = async (
  deps: OnceDeps,
  request: OnceRequest,
  run: (reply: Reply) => Promise<void>,
): Promise<void> => {
  const { idempotencyKey, caller, keyText, reply } = request
  if (!NAME.test(idempotencyKey))
    throw new AppError('invalid_request', {
      param: 'idempotency-key',
      message: 'Idempotency-Key must be 1 to 255 visible ASCII characters, such as a UUID.',
    })
  const place = { orgId: caller.orgId, name: `once:${nameBy(keyText, [caller.keyId, idempotencyKey])}` }
  const fingerprint = nameBy(keyText, [request.path, request.body])
  const lock = { keyText, context: `${place.orgId} ${place.name}` }
  for (;;) {
    const before = await ask(() => deps.answers.claim(place, encode({ state: 'running', fingerprint }), RUNNING_MS))
    if (before === null) {
      await runFirst(deps, { place, fingerprint, lock, reply }, run)
      return
    }
    const found = decode(before)
    if (found.fingerprint !== fingerprint) throw new AppError('idempotency_key_reused', { param: 'idempotency-key' })
    if (found.state === 'too-large')
      throw new AppError('conflict', {
        message: 'This request was answered already, and the answer was too large to be kept. It was billed once.',
      })
    if (found.state === 'done') {
      const answer = await openRecorded(found.sealed, lock)
      if (answer === null) throw new AppError('idempotency_key_reused', { param: 'idempotency-key' })
      replay(reply, answer, { 'idempotent-replayed': 'true' })
      return
    }
    if (reply.isGone()) return
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

interface First {
  readonly place: AnswerName
  readonly fingerprint: string
  readonly lock: AnswerLock
  readonly reply: Reply
}

const runFirst = async (
  deps: OnceDeps,
  { place, fingerprint, lock, reply }: First,
  run: (reply: Reply) => Promise<void>,
): Promise<void> => {
  const recorder = createRecorder(reply, { outlivesCaller: true })
  const unheard = (error: unknown): void =>
    deps.warn('idempotency-unrecorded', { error: error instanceof Error ? error.message : String(error) })
  const beat = setInterval(() => {
    deps.answers.prolong(place, RUNNING_MS).catch(unheard)
  }, BEAT_MS)
  try {
    await run(recorder.reply)
  } finally {
    clearInterval(beat)
    await keep(deps, { place, fingerprint, lock }, recorder.answer()).catch(unheard)
  }
}

const keep = async (
  { answers }: OnceDeps,
  { place, fingerprint, lock }: Omit<First, 'reply'>,
  answer: ReturnType<ReturnType<typeof createRecorder>['answer']>,
): Promise<void> => {
  if (answer === null) {
    await answers.drop(place)
    return
  }
  const sealed = answer === 'too-large' ? null : await sealRecorded(answer, lock)
  const entry: Entry = sealed === null ? { state: 'too-large', fingerprint } : { state: 'done', fingerprint, sealed }
  await answers.put(place, encode(entry), KEPT_MS)
}

/** Without Redis nobody can say whether a request ran before, and running it twice is what was to be prevented. */
const ask = async <Answer>(question: () => Promise<Answer>): Promise<Answer> => {
  try {
    return await question()
  } catch (cause) {
    throw new AppError('quota_unavailable', {
      message:
        'Idempotency keys cannot be checked right now, so the request was not sent. Try again in a moment, or send it without one.',
      metadata: { retryAfterSeconds: 2 },
      cause,
    })
  }
}

type Entry =
  | { readonly state: 'running' | 'too-large'; readonly fingerprint: string }
  | { readonly state: 'done'; readonly fingerprint: string; readonly sealed: Uint8Array }

const LINE_END = 0x0a

/** State and fingerprint in one line of text, what is sealed behind it. */
const encode = (entry: Entry): Buffer =>
  Buffer.concat([
    Buffer.from(`${entry.state} ${entry.fingerprint}\n`),
    entry.state === 'done' ? entry.sealed : new Uint8Array(0),
  ])

const decode = (bytes: Buffer): Entry => {
  const end = bytes.indexOf(LINE_END)
  const [state, fingerprint = ''] = bytes.subarray(0, end).toString('latin1').split(' ')
  if (state === 'done') return { state, fingerprint, sealed: bytes.subarray(end + 1) }
  if (state === 'running' || state === 'too-large') return { state, fingerprint }
  throw new TypeError('an idempotency entry in Redis is not readable')
}
