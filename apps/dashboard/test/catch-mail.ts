import { JOBS } from '@atpar/queue/catalog'
import { startJobWorker, type JobHandlers } from '@atpar/queue/worker'

export interface CaughtMail {
  readonly to: string
  readonly subject: string
  readonly text: string
}

export interface MailCatcher {
  /** The newest mail to this address (and of this subject), waited for. @throws when none comes. */
  readonly mailTo: (address: string, subject?: RegExp) => Promise<CaughtMail>
  readonly stop: () => Promise<void>
}

const PATIENCE_MS = 10_000
const POLL_MS = 50

/** Stands in for the worker: takes every mail off the queue and keeps it, and does no other job. */
export const catchMail = (redisUrl: string): MailCatcher => {
  const caught: CaughtMail[] = []
  const idle = Object.fromEntries(Object.keys(JOBS).map((name) => [name, () => Promise.resolve()]))
  const handlers = {
    ...idle,
    'send-email': (mail: CaughtMail) => {
      caught.push(mail)
      return Promise.resolve()
    },
  } as JobHandlers
  const worker = startJobWorker({ url: redisUrl, handlers, concurrency: 1, log: () => undefined })
  return {
    mailTo: async (address, subject = /./) => {
      const deadline = Date.now() + PATIENCE_MS
      for (;;) {
        const found = caught.findLast((mail) => mail.to === address.toLowerCase() && subject.test(mail.subject))
        if (found !== undefined) return found
        if (Date.now() > deadline)
          throw new Error(`No mail to ${address} came. Caught: ${caught.map(({ to }) => to).join(', ')}`)
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      }
    },
    stop: () => worker.drain(),
  }
}
