import { readEnvironment } from './env.ts'
import { startSimulators } from './start.ts'

const environment = readEnvironment()
const simulators = await startSimulators({
  host: environment.HOST,
  port: environment.SIMULATORS_PORT,
  ...(environment.SMTP_PORT === undefined ? {} : { smtpPort: environment.SMTP_PORT }),
  ...(environment.BOOKS_FILE === undefined ? {} : { booksFile: environment.BOOKS_FILE }),
  ...(environment.STRIPE_FILE === undefined ? {} : { stripeFile: environment.STRIPE_FILE }),
  ...(environment.STRIPE_WEBHOOK_URL === undefined || environment.STRIPE_WEBHOOK_SECRET === undefined
    ? {}
    : { stripeWebhook: { url: environment.STRIPE_WEBHOOK_URL, secret: environment.STRIPE_WEBHOOK_SECRET } }),
  tokenDelayMs: environment.TOKEN_DELAY_MS,
  instanceId: environment.INSTANCE_ID,
  reportBug: (error) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  },
})
process.stdout.write(`${JSON.stringify({ ready: true, port: simulators.port, smtpPort: simulators.smtpPort })}\n`)

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    simulators.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`)
        process.exit(1)
      },
    )
  })
}
