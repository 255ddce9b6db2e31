import { z } from 'zod'
import { countVariable, portVariable, readEnv, stripeKeyVariable, urlVariable } from '@atpar/config/read-env'

/** The one place where the worker reads its environment. @throws EnvError listing every problem. */
export const readWorkerEnv = () =>
  readEnv(
    {
      HOST: z.string().default('127.0.0.1'),
      PORT: portVariable(),
      INSTANCE_ID: z.string().default('local'),
      LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
      DATABASE_URL_WORKER: urlVariable('postgres:', 'postgresql:'),
      REDIS_URL: urlVariable('redis:', 'rediss:'),
      SMTP_URL: urlVariable('smtp:', 'smtps:').optional(),
      MAIL_FROM: z.string().default('Atpar <no-reply@atpar.local>'),
      DASHBOARD_URL: urlVariable('http:', 'https:').default('http://127.0.0.1:3000'),
      CLOSE_GRACE_MINUTES: countVariable('minutes', 0, 100_000).default(60),
      MINIMUM_INVOICE_CENTS: countVariable('cents', 0, 1_000_000).default(50),
      AUDIT_ANCHOR_FILE: z.string().optional(),
      AUDIT_SIGNING_SEED: z
        .string()
        .regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits')
        .optional(),
      // Without it nothing is collected, and invoices say so.
      STRIPE_SECRET_KEY: stripeKeyVariable().optional(),
      STRIPE_API_URL: urlVariable('http:', 'https:').optional(),
      // off · optional: without a usable address an invoice goes out without tax · required: it waits for one
      STRIPE_TAX: z.enum(['off', 'optional', 'required']).default('off'),
      OPENAI_ADMIN_KEY: z.string().optional(),
      OPENAI_BASE_URL: urlVariable('http:', 'https:').default('https://api.openai.com/v1'),
      ANTHROPIC_ADMIN_KEY: z.string().optional(),
      ANTHROPIC_BASE_URL: urlVariable('http:', 'https:').default('https://api.anthropic.com/v1'),
      ABANDON_BOOT_HOURS: countVariable('hours', 1, 10_000).default(24),
    },
    process.env,
  )
