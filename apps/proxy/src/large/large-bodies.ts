import { Worker } from 'node:worker_threads'
import { AppError } from '@atpar/core/errors'
import type { GuardPolicy } from '@atpar/core/guardrails'
import type { ProviderWish } from '../upstream/encode-for-provider.ts'
import {
  unpackError,
  type CarriedError,
  type LargeBody,
  type LargeEncoded,
  type LargeFacts,
  type LargeGuarded,
  type LargeJob,
  type LargeResult,
} from './jobs.ts'

/** What is done to bodies too large for the event loop, in threads beside it. */
export interface LargeBodies {
  /** @throws AppError as reading a small body does; `overloaded` when too many wait. */
  read(body: LargeBody): Promise<LargeFacts>
  /** What guardrails find in it. @throws likewise */
  guard(body: LargeBody, policy: GuardPolicy): Promise<LargeGuarded>
  /** The body for a provider. @throws likewise */
  write(body: LargeBody, wish: ProviderWish): Promise<LargeEncoded>
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
      if (idle === undefined && threads.size === maxThreads && waiting.length >= maxWaiting) {
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

  return {
    read: async (body) => {
      const result = await run({ kind: 'read', ...body })
      if (result.kind !== 'read') throw new TypeError('a thread answered another question')
      return result
    },
    guard: async (body, policy) => {
      const result = await run({ kind: 'guard', ...body, policy })
      if (result.kind !== 'guard') throw new TypeError('a thread answered another question')
      return result
    },
    write: async (body, wish) => {
      const result = await run({ kind: 'write', ...body, wish })
      if (result.kind !== 'write') throw new TypeError('a thread answered another question')
      return result
    },
    close: async () => {
      const all = [...threads]
      threads.clear()
      await Promise.all(all.map(({ worker }) => worker.terminate()))
    },
  }
}
