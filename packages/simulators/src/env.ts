import { z } from 'zod'

const port = z.coerce.number().int().min(0).max(65_535)

const environmentSchema = z.object({
  HOST: z.string().default('127.0.0.1'),
  SIMULATORS_PORT: port.default(4010),
  /** No mail is taken without it. */
  SMTP_PORT: port.optional(),
  BOOKS_FILE: z.string().min(1).optional(),
  /** Stripe's state; kept in memory only without it. */
  STRIPE_FILE: z.string().min(1).optional(),
  /** Where Stripe's events go, and what signs them. */
  STRIPE_WEBHOOK_URL: z.url().optional(),
  STRIPE_WEBHOOK_SECRET: z.string().min(8).optional(),
  INSTANCE_ID: z.string().default(''),
  /** Slow enough to see a stream, fast enough not to wait for it. */
  TOKEN_DELAY_MS: z.coerce.number().min(0).default(15),
})

export type SimulatorEnvironment = z.infer<typeof environmentSchema>

/** Reads the process's environment; throws with every wrong variable's name at once. */
export function readEnvironment(): SimulatorEnvironment {
  const given = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''))
  const parsed = environmentSchema.safeParse(given)
  if (parsed.success) return parsed.data
  throw new Error(`The simulators cannot start:\n${z.prettifyError(parsed.error)}`)
}
