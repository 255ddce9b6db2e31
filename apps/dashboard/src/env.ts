import { parseSealingPublicKey, type SealingPublicKey } from '@atpar/crypto/sealing'
import { z } from 'zod'
import { parseWebhookSecrets } from '@atpar/billing/webhook'
import { parsePeppers, type Pepper } from '@atpar/crypto/api-key'
import type { AddressReach } from '@atpar/providers/own-base-url'

const schema = z.object({
  DATABASE_URL_APP: z.url(),
  REDIS_URL: z.url(),
  NEXTAUTH_SECRET: z.string().min(16, 'needs at least 16 characters'),
  NEXTAUTH_URL: z.url(),
  PROXY_URL: z.url(),
  SIMULATORS_URL: z.url().optional(),
  SIMULATION: z.enum(['on', 'off']).default('off'),
  KEY_PEPPERS: z.string().regex(/^[\w-]+:[0-9a-f]{32,}(,[\w-]+:[0-9a-f]{32,})*$/, 'looks like id:hex,id:hex'),
  SEALING_PUBLIC_KEY: z.string().regex(/^[0-9a-f]{64}$/, 'needs 64 lower-case hexadecimal digits'),
  PROXY_INTERNAL_URL: z.url(),
  INTERNAL_TOKEN: z.string().min(32, 'needs at least 32 characters'),
  TRUSTED_PROXIES: z.string().default(''),
  LOCAL_ENDPOINTS: z.enum(['on', 'off']).default('off'),
  GITHUB_CLIENT_ID: z.string().optional(),
  GITHUB_CLIENT_SECRET: z.string().optional(),
  GOOGLE_CLIENT_ID: z.string().optional(),
  GOOGLE_CLIENT_SECRET: z.string().optional(),
  OIDC_ISSUER: z.url().optional(),
  OIDC_CLIENT_ID: z.string().optional(),
  OIDC_CLIENT_SECRET: z.string().optional(),
  OIDC_NAME: z.string().default('Single sign-on'),
  MAIL_PAGE_URL: z.url().optional(),
  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^(?:sk|rk)_(?:test|live)_\S+$/, "needs to be Stripe's secret key, which starts with sk_test_ or sk_live_")
    .optional(),
  STRIPE_WEBHOOK_SECRET: z.string().default(''),
  STRIPE_API_URL: z.url().optional(),
  COOKIE_NAME: z
    .string()
    .regex(/^[\w.-]+$/)
    .default('atpar-session'),
  SOURCE_COMMIT: z.string().default('unknown'),
  SOURCE_URL: z.url().optional(),
  INSTANCE_ID: z.string().default('dashboard'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
})

/** `next dev`, whose tooling needs more from the browser than the product does. */
export const isDevelopment = process.env.NODE_ENV === 'development'

interface ProviderClient {
  readonly clientId: string
  readonly clientSecret: string
}

export interface Env {
  readonly databaseUrl: string
  readonly redisUrl: string
  readonly sessionSecret: string
  readonly dashboardUrl: string
  /** Where callers point their SDK, without a trailing slash. */
  readonly proxyUrl: string
  readonly simulatorsUrl: string | null
  readonly isSimulated: boolean
  /** The first one hashes new keys. */
  readonly peppers: readonly [Pepper, ...Pepper[]]
  /** Seals customers' own provider credentials; what opens them is only with the proxy. */
  readonly sealingPublicKey: SealingPublicKey
  /** Where this process reaches the proxy itself, for what is no call of a customer. */
  readonly proxyInternalUrl: string
  readonly internalToken: string
  /** Networks of the load balancers in front: only what they say of a caller's address counts. */
  readonly trustedProxies: readonly string[]
  /** Which addresses customers may name for endpoints of their own; the proxy checks them again. */
  readonly addressReach: AddressReach
  /** Of the session. With the `__Host-` prefix over HTTPS: no other host of the domain can set or overwrite it. */
  readonly cookieName: string
  readonly isSecure: boolean
  /** Other places people may sign in by; null where this installation has no credentials. */
  readonly providers: {
    readonly github: ProviderClient | null
    readonly google: ProviderClient | null
    readonly oidc: (ProviderClient & { readonly issuer: string; readonly name: string }) | null
  }
  /** Where mail can be read that goes nowhere else: an installation without a mail server says so to whoever waits for a mail. */
  readonly mailPageUrl: string | null
  /** Null where nothing is collected. */
  readonly stripe: {
    readonly secretKey: string
    /** One, or two while they are being changed; never empty. */
    readonly webhookSecrets: readonly string[]
    readonly apiUrl: string | null
  } | null
  readonly sourceCommit: string
  readonly sourceUrl: string | null
  readonly instanceId: string
  readonly logLevel: string
}

const readClient = (clientId: string | undefined, clientSecret: string | undefined): ProviderClient | null =>
  clientId === undefined || clientSecret === undefined ? null : { clientId, clientSecret }

/** @throws RangeError when the webhook's secret is missing or empty: billing does not start where anybody could sign an event. */
const readStripe = (values: z.output<typeof schema>): Env['stripe'] => {
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: secrets, STRIPE_API_URL: apiUrl } = values
  if (secretKey === undefined) return null
  try {
    return { secretKey, webhookSecrets: parseWebhookSecrets(secrets), apiUrl: apiUrl ?? null }
  } catch (error) {
    throw new Error(
      `The dashboard cannot start with this environment:\n  STRIPE_WEBHOOK_SECRET: ${error instanceof Error ? error.message : 'is not usable'}`,
      { cause: error },
    )
  }
}

const parseEnv = (source: NodeJS.ProcessEnv): Env => {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''))
  const result = schema.safeParse(given)
  if (!result.success) {
    const faults = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
    throw new Error(`The dashboard cannot start with this environment:\n${faults.join('\n')}`)
  }
  const values = result.data
  const oidc = readClient(values.OIDC_CLIENT_ID, values.OIDC_CLIENT_SECRET)
  const isSecure = values.NEXTAUTH_URL.startsWith('https:')
  return {
    databaseUrl: values.DATABASE_URL_APP,
    redisUrl: values.REDIS_URL,
    sessionSecret: values.NEXTAUTH_SECRET,
    dashboardUrl: values.NEXTAUTH_URL.replace(/\/$/, ''),
    proxyUrl: values.PROXY_URL.replace(/\/$/, ''),
    simulatorsUrl: values.SIMULATORS_URL?.replace(/\/$/, '') ?? null,
    isSimulated: values.SIMULATION === 'on',
    peppers: parsePeppers(values.KEY_PEPPERS),
    sealingPublicKey: parseSealingPublicKey(values.SEALING_PUBLIC_KEY),
    proxyInternalUrl: values.PROXY_INTERNAL_URL.replace(/\/$/, ''),
    internalToken: values.INTERNAL_TOKEN,
    trustedProxies: values.TRUSTED_PROXIES.split(',').map((part) => part.trim()),
    addressReach: values.LOCAL_ENDPOINTS === 'on' ? 'local' : 'public',
    cookieName: isSecure ? `__Host-${values.COOKIE_NAME}` : values.COOKIE_NAME,
    isSecure,
    providers: {
      github: readClient(values.GITHUB_CLIENT_ID, values.GITHUB_CLIENT_SECRET),
      google: readClient(values.GOOGLE_CLIENT_ID, values.GOOGLE_CLIENT_SECRET),
      oidc:
        oidc === null || values.OIDC_ISSUER === undefined
          ? null
          : { ...oidc, issuer: values.OIDC_ISSUER.replace(/\/$/, ''), name: values.OIDC_NAME },
    },
    mailPageUrl: values.MAIL_PAGE_URL ?? null,
    stripe: readStripe(values),
    sourceCommit: values.SOURCE_COMMIT,
    sourceUrl: values.SOURCE_URL?.replace(/\/$/, '') ?? null,
    instanceId: values.INSTANCE_ID,
    logLevel: values.LOG_LEVEL,
  }
}

let parsed: Env | undefined

/** Read on first use and not on import: `next build` runs without any of these, ports and addresses are known at start only. */
export const readEnv = (): Env => {
  parsed ??= parseEnv(process.env)
  return parsed
}
