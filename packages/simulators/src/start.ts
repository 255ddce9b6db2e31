import { createServer, type Server } from 'node:http'

import { createBooks, type Books } from './books.ts'
import { createAccounts, type Accounts } from './cloud/accounts.ts'
import { createFaults, type Faults } from './faults.ts'
import { createMailSink, listenForMail, type MailSink, type SmtpSink } from './mail/sink.ts'
import { createResponseStore } from './openai-responses/store.ts'
import { createAnswerMemo } from './service/answer-memo.ts'
import { openRealtime } from './realtime/open.ts'
import type { SimulatorContext } from './service/context.ts'
import { handleRequest } from './service/handle-request.ts'
import { createStripeService, type StripeService } from './stripe/service.ts'

const MOST_CLOSING_TURNS = 1_000

export interface SimulatorOptions {
  /** Default 127.0.0.1. */
  host?: string
  /** Default 0: any free port. */
  port?: number
  /** Where mail is taken; no mail without it. 0 is any free port. */
  smtpPort?: number
  /** Ordinary pause between tokens; default 0. */
  tokenDelayMs?: number
  /** Ordinary pause before the first token; default 0. */
  firstTokenDelayMs?: number
  /** Where the books are appended beside memory, one JSON line at a request's start and one at its end. */
  booksFile?: string
  /** Where Stripe's state is kept beside memory, so that a restart loses nothing. */
  stripeFile?: string
  /** Where its events are sent from the start, and what they are signed with. */
  stripeWebhook?: { url: string; secret: string }
  /** Book entries kept in memory; older ones are dropped and counted. Default 500,000. */
  maxBookEntries?: number
  /** What /healthz says it is. */
  instanceId?: string
  now?: () => Date
  /** Told of errors that are the simulator's own fault; default: thrown again, out of reach of any caller. */
  reportBug?: (error: unknown) => void
}

export interface Simulators {
  /** `http://host:port`, without a slash at the end. */
  url: string
  port: number
  smtpPort: number | null
  books: Books
  faults: Faults
  /** Accounts of AWS and Google whose signatures are checked. */
  accounts: Accounts
  mail: MailSink
  /** Stripe; its API is at `url`, as the SDK's host, port and protocol. */
  stripe: StripeService
  close: () => Promise<void>
}

/** Starts the simulated providers, the mail sink and their pages on one port (and one more for SMTP). */
export async function startSimulators(options: SimulatorOptions = {}): Promise<Simulators> {
  const host = options.host ?? '127.0.0.1'
  const now = options.now ?? (() => new Date())
  const reportBug = options.reportBug ?? throwLater
  const context: SimulatorContext = {
    books: createBooks({
      ...(options.booksFile === undefined ? {} : { filePath: options.booksFile }),
      maxEntries: options.maxBookEntries ?? 500_000,
      now,
    }),
    faults: createFaults(),
    accounts: createAccounts(now),
    mail: createMailSink(now),
    memo: createAnswerMemo(),
    responses: createResponseStore(),
    pace: { firstTokenDelayMs: options.firstTokenDelayMs ?? 0, tokenDelayMs: options.tokenDelayMs ?? 0 },
    instanceId: options.instanceId ?? 'in-process',
    now,
    reportBug,
    stripe: createStripeService({
      now,
      reportBug,
      ...(options.stripeFile === undefined ? {} : { filePath: options.stripeFile }),
    }),
  }
  if (options.stripeWebhook !== undefined) {
    context.stripe.addWebhookEndpoint({ ...options.stripeWebhook, name: 'this installation' })
  }
  const server = createServer({ keepAliveTimeout: 75_000, requestTimeout: 0 }, (request, response) => {
    handleRequest(context, request, response)
  })
  const closeRealtime = openRealtime(context, server)
  const port = await listen(server, { host, port: options.port ?? 0 })
  const smtp =
    options.smtpPort === undefined ? null : await listenForMail(context.mail, { host, port: options.smtpPort })
  return {
    url: `http://${host}:${port}`,
    port,
    smtpPort: smtp?.port ?? null,
    books: context.books,
    faults: context.faults,
    accounts: context.accounts,
    mail: context.mail,
    stripe: context.stripe,
    close: () => {
      closeRealtime()
      return close(server, smtp, context)
    },
  }
}

function throwLater(error: unknown): void {
  setImmediate(() => {
    throw error
  })
}

/** Rejects when the port is taken. */
function listen(server: Server, place: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // Thousands of callers may connect in the same moment.
    server.listen({ ...place, backlog: 4096 }, () => {
      server.off('error', reject)
      const address = server.address()
      if (address === null || typeof address === 'string')
        reject(new Error('the simulators are not listening on a port'))
      else resolve(address.port)
    })
  })
}

/** Drops running answers; their entries close as aborted before the promise resolves. */
async function close(server: Server, smtp: SmtpSink | null, context: SimulatorContext): Promise<void> {
  context.stripe.close()
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  server.closeAllConnections()
  await Promise.all([closed, smtp?.close()])
  // Each answer hears of its closed socket in a turn of its own.
  for (let turn = 0; turn < MOST_CLOSING_TURNS && context.books.countOpen() > 0; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  context.books.flush()
}
