import { Queue, type JobsOptions } from 'bullmq'
import { JOBS, QUEUE_NAME, type JobDefinition, type JobName, type JobPayload } from './catalog.ts'
import { producerConnection } from './connection.ts'

export interface AddOptions {
  /** The same id is added once while an earlier job of that id exists. No colons: BullMQ refuses them. */
  readonly jobId?: string
  readonly delayMs?: number
}

export interface Producer {
  /** @throws when the payload does not fit its schema or Redis cannot take it: a Postgres-driven sweep must find such work again. */
  add<Name extends JobName>(name: Name, payload: JobPayload<Name>, options?: AddOptions): Promise<void>
  /** Puts back the schedulers that are missing, since a flushed Redis has none. Returns the names put back. */
  ensureSchedules(): Promise<readonly JobName[]>
  close(): Promise<void>
}

const KEPT_COMPLETED = 200
const KEPT_FAILED = 1_000

const jobOptions = (name: JobName): JobsOptions => {
  const { attempts, backoffMs, isConfidential = false }: JobDefinition = JOBS[name]
  return {
    attempts,
    backoff: { type: 'exponential', delay: backoffMs },
    removeOnComplete: isConfidential || { count: KEPT_COMPLETED },
    removeOnFail: isConfidential || { count: KEPT_FAILED },
  }
}

export const createProducer = (options: { url: string; onError: (error: Error) => void }): Producer => {
  const queue = new Queue(QUEUE_NAME, { connection: producerConnection(options.url) })
  queue.on('error', options.onError)
  return {
    add: async (name, payload, { jobId, delayMs } = {}) => {
      const parsed: unknown = JOBS[name].payload.parse(payload)
      await queue.add(name, parsed, {
        ...jobOptions(name),
        ...(jobId === undefined ? {} : { jobId }),
        ...(delayMs === undefined ? {} : { delay: delayMs }),
      })
    },
    ensureSchedules: async () => {
      const restored: JobName[] = []
      for (const [name, { schedule }] of Object.entries(JOBS) as [JobName, { schedule: string | null }][]) {
        if (schedule === null) continue
        const known = await queue.getJobScheduler(name)
        // Writing an unchanged one again would only move its next run.
        if (known?.pattern === schedule && known.next !== undefined) continue
        await queue.upsertJobScheduler(
          name,
          { pattern: schedule, tz: 'UTC' },
          { name, data: {}, opts: jobOptions(name) },
        )
        restored.push(name)
      }
      return restored
    },
    close: () => queue.close(),
  }
}
