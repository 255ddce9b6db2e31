import { createServer } from 'node:http'
import { createTransport } from 'nodemailer'
import { createStripe, isLiveKey } from '@atpar/billing/client'
import { createLogger } from '@atpar/observability/logger'
import { createPool } from '@atpar/db/pool'
import { createProducer } from '@atpar/queue/producer'
import { startJobWorker } from '@atpar/queue/worker'
import { createRedis } from '@atpar/redis/client'
import type { Deps, Mail } from './deps.ts'
import { readWorkerEnv } from './env.ts'
import { createHandlers } from './handlers.ts'
import { keepSchedules } from './schedules.ts'

const CONCURRENCY = 4

const env = readWorkerEnv()
const logger = createLogger({ service: 'worker', level: env.LOG_LEVEL })
const log = (event: string, fields: Record<string, unknown>): void => logger.warn(event, fields)

const pool = createPool({
  url: env.DATABASE_URL_WORKER,
  max: CONCURRENCY + 2,
  applicationName: 'atpar-worker',
  onIdleError: (error) => logger.warn('database-connection-lost', { error: error.message }),
})
const redis = createRedis({ url: env.REDIS_URL, connectionName: 'atpar-worker', commandTimeoutMs: 5_000 })
const producer = createProducer({
  url: env.REDIS_URL,
  onError: (error) => logger.warn('queue-unreachable', { error: error.message }),
})
const transport = env.SMTP_URL === undefined ? null : createTransport(env.SMTP_URL)

const sendMail = async (mail: Mail): Promise<void> => {
  if (transport === null) {
    logger.warn('mail-dropped', { subject: mail.subject, reason: 'SMTP_URL is not set' })
    return
  }
  await transport.sendMail({ from: env.MAIL_FROM, to: mail.to, subject: mail.subject, text: mail.text })
}

const deps: Deps = {
  pool,
  redis,
  producer,
  sendMail,
  wallMs: Date.now,
  log: logger,
  dashboardUrl: env.DASHBOARD_URL,
  closing: { graceMs: env.CLOSE_GRACE_MINUTES * 60_000, minimumCents: BigInt(env.MINIMUM_INVOICE_CENTS) },
  anchors:
    env.AUDIT_ANCHOR_FILE === undefined || env.AUDIT_SIGNING_SEED === undefined
      ? null
      : { file: env.AUDIT_ANCHOR_FILE, seed: env.AUDIT_SIGNING_SEED },
  reportSources: [
    ...(env.OPENAI_ADMIN_KEY === undefined
      ? []
      : [{ provider: 'openai' as const, baseUrl: env.OPENAI_BASE_URL, adminKey: env.OPENAI_ADMIN_KEY }]),
    ...(env.ANTHROPIC_ADMIN_KEY === undefined
      ? []
      : [{ provider: 'anthropic' as const, baseUrl: env.ANTHROPIC_BASE_URL, adminKey: env.ANTHROPIC_ADMIN_KEY }]),
  ],
  collecting:
    env.STRIPE_SECRET_KEY === undefined
      ? null
      : {
          stripe: createStripe({
            secretKey: env.STRIPE_SECRET_KEY,
            ...(env.STRIPE_API_URL === undefined ? {} : { apiUrl: env.STRIPE_API_URL }),
          }),
          livemode: isLiveKey(env.STRIPE_SECRET_KEY),
          tax: env.STRIPE_TAX,
        },
  abandonBootMs: env.ABANDON_BOOT_HOURS * 3_600_000,
}
const worker = startJobWorker({ url: env.REDIS_URL, handlers: createHandlers(deps), concurrency: CONCURRENCY, log })
const stopSchedules = keepSchedules(producer, (event, fields) => logger.info(event, fields))

const server = createServer((request, response) => {
  const isKnown = request.method === 'GET' && request.url === '/healthz'
  response.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/json' })
  response.end(JSON.stringify(isKnown ? { ok: true, service: 'worker', instance: env.INSTANCE_ID } : { ok: false }))
})
server.listen(env.PORT, env.HOST, () => logger.info('worker-ready', { port: env.PORT }))

const stop = async (): Promise<void> => {
  stopSchedules()
  await worker.drain()
  await producer.close()
  server.close()
  redis.disconnect()
  transport?.close()
  await pool.end()
  logger.info('worker-ended')
}
let stopping: Promise<void> | undefined
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    stopping ??= stop()
  })
}
