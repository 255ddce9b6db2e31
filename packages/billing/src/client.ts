import { Stripe } from 'stripe'

export type { Stripe } from 'stripe'

/** What every answer is shaped by. An event of another version is only a hint, so it is taken too; its object is read in this one. */
export const STRIPE_API_VERSION = '2026-10-28.endive'

export interface StripeOptions {
  readonly secretKey: string
  /** Another address than Stripe's own: a simulator or a relay, as `http://127.0.0.1:12111`. */
  readonly apiUrl?: string
  readonly timeoutMs?: number
  /** How often a request whose answer was lost is repeated under the same idempotency key. */
  readonly retries?: number
  /** Requests that may begin within one second. Stripe allows 25 a second on one endpoint; the rest of the house calls too. */
  readonly perSecond?: number
}

/** Live and test keys reach different worlds; what one says is nothing to the other. */
export const isLiveKey = (secretKey: string): boolean => /^(?:sk|rk)_live_/.test(secretKey)

const DEFAULT_TIMEOUT_MS = 20_000
const DEFAULT_PER_SECOND = 20

/** Lets one through every `1000 / perSecond` ms, in the order they came. */
const createPace = (perSecond: number): (() => Promise<void>) => {
  const gapMs = 1000 / perSecond
  let nextMs = 0
  return async () => {
    const nowMs = performance.now()
    const atMs = Math.max(nowMs, nextMs)
    nextMs = atMs + gapMs
    if (atMs > nowMs) await new Promise((resolve) => setTimeout(resolve, atMs - nowMs))
  }
}

type HttpClient = ReturnType<typeof Stripe.createNodeHttpClient>

/** Around the SDK's own client, so that its retries are paced too. */
const pacedClient = (perSecond: number): HttpClient => {
  const inner = Stripe.createNodeHttpClient()
  const pace = createPace(perSecond)
  return {
    getClientName: () => inner.getClientName(),
    makeRequest: async (...request) => {
      await pace()
      return inner.makeRequest(...request)
    },
  }
}

const addressOf = (apiUrl: string): { host: string; port: number; protocol: 'http' | 'https' } => {
  const url = new URL(apiUrl)
  if (url.pathname !== '/') throw new TypeError(`${apiUrl} has a path: Stripe's API is at the root of an address`)
  const protocol = url.protocol === 'http:' ? 'http' : 'https'
  return { host: url.hostname, port: Number(url.port === '' ? (protocol === 'http' ? 80 : 443) : url.port), protocol }
}

/** Stripe, at its own address or another one. Nothing else in the product knows which. */
export const createStripe = (options: StripeOptions): Stripe =>
  new Stripe(options.secretKey, {
    apiVersion: STRIPE_API_VERSION,
    appInfo: { name: 'Atpar' },
    telemetry: false,
    timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxNetworkRetries: options.retries ?? 2,
    httpClient: pacedClient(options.perSecond ?? DEFAULT_PER_SECOND),
    ...(options.apiUrl === undefined ? {} : addressOf(options.apiUrl)),
  })
