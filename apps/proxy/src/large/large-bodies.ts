import { Worker } from 'node:worker_threads'
import { AppError } from '@atpar/core/errors'
import type { GuardPolicy } from '@atpar/core/guardrails'
import type { ProviderWish } from '../upstream/encode-for-provider.ts'
import type { JsonObject } from '@atpar/core/json'
import type { JsonEdit } from '@atpar/core/json-splice'
import type { KeptWords } from '@atpar/core/kept-content'
import type { TaskProviderId } from '@atpar/dialects/task-contract'
import {
  unpackError,
  type AnswerWish,
  type CarriedError,
  type LargeAnswer,
  type LargeChat,
  type LargeEstimate,
  type LargeFacts,
  type LargeGuarded,
  type LargeJob,
  type LargeRequest,
  type LargeResult,
  type LargeTask,
} from './jobs.ts'
import type { LargeBody } from './meaning.ts'
import type { LargeEncoded } from './write-chat.ts'
import type { LargeEncodedTask, TaskWish } from './write-task.ts'

/** What is done to bodies too large for the event loop, in threads beside it. */
export interface LargeBodies {
  /** All of it, for bodies that are one long text. @throws AppError as reading a small body does; `overloaded` when too many wait. */
  parse(bytes: Uint8Array): Promise<JsonObject>
  /** @throws likewise */
  read(body: LargeRequest): Promise<LargeFacts>
  /** What guardrails find in it. @throws likewise */
  guard(body: LargeBody, policy: GuardPolicy): Promise<LargeGuarded>
  /** The body for a provider. @throws likewise */
  write(body: LargeChat, wish: ProviderWish): Promise<LargeEncoded>
  /** @throws likewise */
  writeTask(body: LargeTask, wish: TaskWish): Promise<LargeEncodedTask>
  /** A provider has done its work: this waits for a thread however many do. @throws AppError `upstream_malformed` */
  readAnswer(body: LargeTask, wish: AnswerWish): Promise<LargeAnswer>
  /** Waits likewise. */
  estimate(body: LargeTask, to: TaskProviderId): Promise<LargeEstimate>
  /** Waits likewise. */
  splice(bytes: Uint8Array, edits: readonly JsonEdit[]): Promise<Uint8Array>
  /** What it says, for whoever wants that kept. @throws AppError `overloaded` when too many wait. */
  keep(body: LargeRequest): Promise<KeptWords>
  close(): Promise<void>
}

export interface LargeBodiesOptions {
  readonly threads: number
  /** Jobs that may wait for a thread. */
  readonly maxWaiting: number
}

/** Of one thread: a body, its text, its values and what they become. */
const MAX_HEAP_MB = 512

interface Job {
  readonly job: LargeJob
  readonly resolve: (result: LargeResult) => void
  readonly reject: (error: Error) => void
}

interface Thread {
  readonly worker: Worker
  busyWith: Job | null
}

/** What was paid for is not turned away. */
const FOLLOWS_AN_ANSWER: ReadonlySet<LargeJob['kind']> = new Set(['read-answer', 'estimate', 'splice'])

const isResultOf = <Kind extends LargeJob['kind']>(
  kind: Kind,
  result: LargeResult,
): result is Extract<LargeResult, { readonly kind: Kind }> => result.kind === kind

/** Threads are started by the first jobs that need them, and one that dies takes only its own job with it. */
export const createLargeBodies = ({ threads: maxThreads, maxWaiting }: LargeBodiesOptions): LargeBodies => {
  const threads = new Set<Thread>()
  const waiting: Job[] = []

  const next = (thread: Thread): void => {
    const job = waiting.shift()
    thread.busyWith = job ?? null
    if (job === undefined) {
      // An idle thread keeps no process alive.
      thread.worker.unref()
      return
    }
    thread.worker.ref()
    thread.worker.postMessage(job.job)
  }

  const startThread = (): Thread => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    })
    const thread: Thread = { worker, busyWith: null }
    worker.on('message', (answer: { readonly result: LargeResult } | { readonly error: CarriedError }) => {
      const job = thread.busyWith
      next(thread)
      if ('error' in answer) job?.reject(unpackError(answer.error))
      else job?.resolve(answer.result)
    })
    const die = (cause: unknown): void => {
      if (!threads.delete(thread)) return
      thread.busyWith?.reject(new Error('the thread that read a large body ended', { cause }))
      thread.busyWith = null
      // Whoever waits must not wait for the next request to come along.
      if (waiting.length > 0) next(startThread())
    }
    worker.on('error', die)
    worker.on('exit', die)
    threads.add(thread)
    return thread
  }

  const run = (job: LargeJob): Promise<LargeResult> =>
    new Promise((resolve, reject) => {
      const idle = [...threads].find(({ busyWith }) => busyWith === null)
      const isFull = idle === undefined && threads.size === maxThreads && waiting.length >= maxWaiting
      if (isFull && !FOLLOWS_AN_ANSWER.has(job.kind)) {
        reject(
          new AppError('overloaded', {
            message: 'Too many large bodies are being read at this moment. Try again shortly.',
            metadata: { retryAfterSeconds: 1 },
          }),
        )
        return
      }
      waiting.push({ job, resolve, reject })
      const free = idle ?? (threads.size < maxThreads ? startThread() : null)
      if (free !== null) next(free)
    })

  const ask = async <Kind extends LargeJob['kind']>(
    job: Extract<LargeJob, { readonly kind: Kind }>,
  ): Promise<Extract<LargeResult, { readonly kind: Kind }>> => {
    const result = await run(job)
    if (!isResultOf(job.kind, result)) throw new TypeError('a thread answered another question')
    return result
  }

  return {
    parse: async (bytes) => (await ask({ kind: 'parse', bytes })).json,
    read: (body) => ask({ kind: 'read', ...body }),
    guard: (body, policy) => ask({ kind: 'guard', ...body, policy }),
    write: (body, wish) => ask({ kind: 'write', ...body, wish }),
    writeTask: (body, wish) => ask({ kind: 'write-task', ...body, wish }),
    readAnswer: (body, wish) => ask({ kind: 'read-answer', ...body, wish }),
    estimate: (body, to) => ask({ kind: 'estimate', ...body, to }),
    splice: async (bytes, edits) => (await ask({ kind: 'splice', bytes, edits })).body,
    keep: async (body) => (await ask({ kind: 'keep', ...body })).words,
    close: async () => {
      const all = [...threads]
      threads.clear()
      await Promise.all(all.map(({ worker }) => worker.terminate()))
    },
  }
}
