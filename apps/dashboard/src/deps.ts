import { createStripe, isLiveKey, type Stripe } from '@atpar/billing/client'
import type { WebhookSettings } from '@atpar/billing/webhook'
import type { KeptContent } from '@atpar/core/kept-content'
import { hmacKey } from '@atpar/crypto/api-key'
import type { KeySecret } from '@atpar/db/api-keys'
import { createDb, type Db } from '@atpar/db/client'
import { createLogger, type Logger } from '@atpar/observability/logger'
import { createProducer } from '@atpar/queue/producer'
import { countAttempt, forgetAttempts, readAttempts } from '@atpar/redis/attempts'
import { publishChange } from '@atpar/redis/changes'
import { createRedis } from '@atpar/redis/client'
import { readLiveCounters, type LiveCounters, type LiveCountersQuestion } from '@atpar/redis/live-counters'
import { createAttempts, type Attempts } from './auth/attempts.ts'
import { createThrottle, type Throttle } from './auth/throttle.ts'
import { readEnv, type Env } from './env.ts'
import { mintKey } from './keys/mint-key.ts'
import { askProxyToRead } from './proxy-client/read-contents.ts'
import { askProxyToTest, type CredentialAnswer, type CredentialQuestion } from './proxy-client/test-credential.ts'

export interface Deps {
  readonly db: Db
  /** Of this process: for what only saves work. */
  readonly throttle: Throttle
  /** Shared by all dashboards: for whatever can be guessed. */
  readonly attempts: Attempts
  readonly log: Logger
  /** Wakes the proxies after a key or a budget changed. Never fails: without Redis they notice by their own poll, two seconds later. */
  readonly announceChange: () => Promise<void>
  /** Hands a mail to the worker. @throws when Redis cannot take it: call it before the transaction commits, so that nothing waits for a lost mail. */
  readonly sendMail: (mail: Mail) => Promise<void>
  /** What limits count now; null when Redis cannot say. Never fails. */
  readonly readCounters: (orgId: string, question: LiveCountersQuestion) => Promise<LiveCounters | null>
  /** A new key's text and what is stored of it. */
  readonly mintKey: () => { readonly text: string; readonly secret: KeySecret }
  /** A key's hash under every pepper that one may have been made with. */
  readonly hashKey: (text: string) => readonly Uint8Array[]
  /** Whether the provider takes an own credential; asked by the proxy, which alone can open it. @throws AppError upstream_failed */
  readonly testCredential: (question: CredentialQuestion) => Promise<CredentialAnswer>
  /** Kept content of at most 50 requests; opened by the proxy, which alone can. @throws AppError upstream_failed */
  readonly readContents: (orgId: string, requestIds: readonly string[]) => Promise<ReadonlyMap<string, KeptContent>>
  /** Null where nothing is collected. */
  readonly stripe: { readonly client: Stripe; readonly webhook: WebhookSettings } | null
  /** Wakes the worker for an event that was noted. Never fails: the worker also looks by itself, seconds later. */
  readonly wakeStripeEvent: (eventId: string) => Promise<void>
  readonly nowMs: () => number
}

/** Plain text. Links in it may be secrets: it is logged nowhere. */
export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
}

const MAIL_TIMEOUT_MS = 3_000

const withinMs = async <T>(work: Promise<T>, timeoutMs: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${timeoutMs} ms.`)), timeoutMs)
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}

const NOTHING_COUNTED: LiveCounters = { budgets: new Map(), rates: new Map() }

/** Shorter than whoever waits for a page would. */
const STRIPE_TIMEOUT_MS = 8_000

const connectStripe = ({ stripe }: Env): Deps['stripe'] => {
  if (stripe === null) return null
  const { secretKey, apiUrl, webhookSecrets } = stripe
  return {
    client: createStripe({
      secretKey,
      timeoutMs: STRIPE_TIMEOUT_MS,
      retries: 1,
      ...(apiUrl === null ? {} : { apiUrl }),
    }),
    webhook: { secrets: webhookSecrets, livemode: isLiveKey(secretKey) },
  }
}

const createDeps = (): Deps => {
  const env = readEnv()
  const log = createLogger({ service: 'dashboard', level: env.logLevel })
  const redis = createRedis({ url: env.redisUrl, connectionName: 'dashboard', commandTimeoutMs: 500 })
  const producer = createProducer({
    url: env.redisUrl,
    onError: (error) => log.warn('queue-unreachable', { reason: error.message }),
  })
  const nowMs = () => Date.now()
  return {
    db: createDb({ url: env.databaseUrl }),
    throttle: createThrottle(nowMs),
    attempts: createAttempts({
      local: createThrottle(nowMs),
      shared: {
        count: (window) => countAttempt(redis, window),
        read: (subject) => readAttempts(redis, subject),
        forget: (subject) => forgetAttempts(redis, subject),
      },
      onUnreachable: (error) =>
        log.warn('attempts-counted-alone', { reason: error instanceof Error ? error.message : String(error) }),
    }),
    log,
    announceChange: async () => {
      try {
        await publishChange(redis, null)
      } catch (error) {
        log.warn('change-not-announced', { reason: error instanceof Error ? error.message : String(error) })
      }
    },
    sendMail: ({ to, subject, text }) => withinMs(producer.add('send-email', { to, subject, text }), MAIL_TIMEOUT_MS),
    readCounters: async (orgId, question) => {
      try {
        // None are made yet, or they were lost: until the next request makes them, Postgres knows all there is.
        return (await readLiveCounters(redis, orgId, question)) ?? NOTHING_COUNTED
      } catch (error) {
        log.warn('counters-not-read', { reason: error instanceof Error ? error.message : String(error) })
        return null
      }
    },
    mintKey: () => mintKey(env.isSimulated ? 'test' : 'live', env.peppers[0]),
    hashKey: (text) => env.peppers.map((pepper) => hmacKey(text, pepper.secret)),
    testCredential: (question) => askProxyToTest({ url: env.proxyInternalUrl, token: env.internalToken }, question),
    readContents: (orgId, requestIds) =>
      askProxyToRead({ url: env.proxyInternalUrl, token: env.internalToken }, { orgId, requestIds }),
    stripe: connectStripe(env),
    wakeStripeEvent: async (eventId) => {
      try {
        await withinMs(producer.add('apply-stripe-event', { eventId }), MAIL_TIMEOUT_MS)
      } catch (error) {
        log.warn('stripe-event-not-woken', { reason: error instanceof Error ? error.message : String(error) })
      }
    },
    nowMs,
  }
}

const SLOT = Symbol.for('atpar.dashboard.deps')
const holder = globalThis as typeof globalThis & { [SLOT]?: Deps }

/** In place of the process's own: for tests of what reads them. */
export const provideDeps = (deps: Deps): void => {
  holder[SLOT] = deps
}

/** One set for the process. On globalThis because Next gives pages and route handlers separate copies of a module. */
export const readDeps = (): Deps => {
  holder[SLOT] ??= createDeps()
  return holder[SLOT]
}
