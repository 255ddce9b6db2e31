import { Worker } from 'bullmq'
import { isJobName, JOBS, QUEUE_NAME, type JobName, type JobPayload } from './catalog.ts'
import { workerConnection } from './connection.ts'

export type JobHandlers = { readonly [Name in JobName]: (payload: JobPayload<Name>) => Promise<void> }

export interface JobWorkerOptions {
  readonly url: string
  readonly handlers: JobHandlers
  readonly concurrency: number
  readonly log: (event: string, fields: Record<string, unknown>) => void
}

export interface JobWorker {
  /** Takes no new job and waits for those under way. */
  drain(): Promise<void>
}

/** Runs jobs until drained. A job that throws is tried again as the catalogue says; the last failure stays in the queue's failed list. */
export const startJobWorker = (options: JobWorkerOptions): JobWorker => {
  const run = async <Name extends JobName>(name: Name, data: unknown): Promise<void> => {
    const payload = JOBS[name].payload.parse(data) as JobPayload<Name>
    await options.handlers[name](payload)
  }
  const worker = new Worker(
    QUEUE_NAME,
    async (job) => {
      if (!isJobName(job.name)) throw new Error(`No job is called "${job.name}": it was queued by another version.`)
      await run(job.name, job.data)
    },
    { connection: workerConnection(options.url), concurrency: options.concurrency },
  )
  worker.on('failed', (job, error) =>
    options.log('job-failed', { job: job?.name ?? 'unknown', attempt: job?.attemptsMade ?? 0, error: error.message }),
  )
  worker.on('error', (error) => options.log('queue-unreachable', { error: error.message }))
  return { drain: () => worker.close() }
}
