import { z } from 'zod'

/**
 * Every background job, once. A job is a trigger: it may run 0, 1 or n times, at any time, in any order, and carries no money. What it works
 * on it reads from Postgres.
 */
export interface JobDefinition<Payload extends z.ZodType = z.ZodType> {
  readonly payload: Payload
  readonly attempts: number
  /** First wait between attempts; it doubles. */
  readonly backoffMs: number
  /** Cron in UTC; null = only on demand. */
  readonly schedule: string | null
  /** A payload with a sign-in or invitation link in it is gone from Redis as soon as the job is over, well or badly. */
  readonly isConfidential?: boolean
}

const define = <Payload extends z.ZodType>(definition: JobDefinition<Payload>): JobDefinition<Payload> => definition

const nothing = z.object({})
const periodSchema = z.iso.date().regex(/-01$/, 'expected the first day of a month')

export const JOBS = {
  'anchor-audit': define({ payload: nothing, attempts: 5, backoffMs: 60_000, schedule: '10 0 * * *' }),
  'erase-organizations': define({ payload: nothing, attempts: 1, backoffMs: 60_000, schedule: '40 * * * *' }),
  // What is past its time can be read by nobody; this is when it is gone.
  'forget-contents': define({ payload: nothing, attempts: 1, backoffMs: 60_000, schedule: '*/5 * * * *' }),
  'ensure-partitions': define({ payload: nothing, attempts: 5, backoffMs: 5_000, schedule: '20 0 * * *' }),
  'audit-quota': define({ payload: nothing, attempts: 1, backoffMs: 1_000, schedule: '* * * * *' }),
  // Ten seconds: what a dead proxy held should be back within a minute of its journal.
  'free-leases': define({ payload: nothing, attempts: 1, backoffMs: 1_000, schedule: '*/10 * * * * *' }),
  'sweep-holds': define({ payload: nothing, attempts: 1, backoffMs: 1_000, schedule: '* * * * *' }),
  'reap-boots': define({ payload: nothing, attempts: 1, backoffMs: 1_000, schedule: '* * * * *' }),
  'mail-refused-credentials': define({
    payload: nothing,
    attempts: 1,
    backoffMs: 1_000,
    schedule: '* * * * *',
  }),
  'notice-budgets': define({ payload: nothing, attempts: 1, backoffMs: 1_000, schedule: '* * * * *' }),
  'post-usage': define({ payload: nothing, attempts: 3, backoffMs: 5_000, schedule: '*/10 * * * *' }),
  // Before the hour's closes; yesterday is over for good once its last requests have ended.
  'freeze-days': define({ payload: nothing, attempts: 1, backoffMs: 5_000, schedule: '35 * * * *' }),
  'close-due-periods': define({ payload: nothing, attempts: 1, backoffMs: 5_000, schedule: '5 * * * *' }),
  'close-period': define({
    payload: z.object({ orgId: z.uuid(), period: periodSchema }),
    attempts: 3,
    backoffMs: 30_000,
    schedule: null,
  }),
  // Nothing to do nearly always; a price learnt late is given back within the minute.
  'rerate-usage': define({ payload: nothing, attempts: 1, backoffMs: 1_000, schedule: '* * * * *' }),
  // Ten seconds: a payment gives the line its room back while whoever paid still looks.
  'refresh-credit': define({
    payload: z.object({ orgId: z.uuid().optional() }),
    attempts: 1,
    backoffMs: 1_000,
    schedule: '*/10 * * * * *',
  }),
  'reconcile-providers': define({ payload: nothing, attempts: 3, backoffMs: 60_000, schedule: '0 2 * * *' }),
  'push-invoice': define({ payload: z.object({ invoiceId: z.uuid() }), attempts: 1, backoffMs: 1_000, schedule: null }),
  'apply-stripe-event': define({
    payload: z.object({ eventId: z.string().min(1).max(255) }),
    attempts: 1,
    backoffMs: 1_000,
    schedule: null,
  }),
  'collect-due': define({ payload: nothing, attempts: 1, backoffMs: 1_000, schedule: '*/10 * * * * *' }),
  // Before the proofs of the night.
  'sweep-stripe': define({ payload: nothing, attempts: 3, backoffMs: 60_000, schedule: '40 1 * * *' }),
  'watch-metering': define({ payload: nothing, attempts: 1, backoffMs: 60_000, schedule: '50 * * * *' }),
  'propose-prices': define({ payload: nothing, attempts: 3, backoffMs: 60_000, schedule: '15 3 * * *' }),
  'run-proofs': define({ payload: nothing, attempts: 3, backoffMs: 60_000, schedule: '30 2 * * *' }),
  'send-email': define({
    payload: z.object({ to: z.email(), subject: z.string().min(1), text: z.string().min(1) }),
    attempts: 8,
    backoffMs: 10_000,
    schedule: null,
    isConfidential: true,
  }),
} as const

export type JobName = keyof typeof JOBS
export type JobPayload<Name extends JobName> = z.output<(typeof JOBS)[Name]['payload']>

export const isJobName = (name: string): name is JobName => name in JOBS

/** One queue: the jobs are few, and their order does not matter. */
export const QUEUE_NAME = 'atpar'
