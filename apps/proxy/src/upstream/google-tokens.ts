import { createHash } from 'node:crypto'
import { signGoogleAssertion } from '@atpar/crypto/google-assertion'
import type { Logger } from '@atpar/observability/logger'
import type { Signing } from '@atpar/providers/upstream-call'
import { collectBody, type Upstream } from './http.ts'
import { parseLoosely } from './parse-loosely.ts'
import { SigningFailure } from './signing-failure.ts'

type GoogleSigning = Extract<Signing, { kind: 'google-service-account' }>

/** The tokens of one service account. */
interface AccountTokens {
  /** At once while one is good. @throws SigningFailure */
  find(): string | Promise<string>
}

export interface GoogleTokens {
  /** Accounts that are the same share their token, however often they are opened. */
  of(signing: GoogleSigning, tokenUrl: string): AccountTokens
}

interface TokenDeps {
  readonly upstream: Pick<Upstream, 'send'>
  /** Real time: what is signed has to say when. */
  readonly wallMs: () => number
  readonly log: Logger
}

interface Bought {
  readonly token: string
  readonly expiresAtMs: number
}

/** From then on a new one is fetched beside the calls, which go on with the old one. */
const RENEW_BEFORE_MS = 5 * 60_000
/** Less than this is not worth starting with: calls wait for the new one. */
const USABLE_MS = 30_000
const ANSWER_WITHIN_MS = 5_000
const MAX_ANSWER_BYTES = 64 * 1024
const MAX_ACCOUNTS = 1_000
/** Only this may come near a header. */
const TOKEN = /^[\x21-\x7e]{8,8000}$/
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** Tokens of service accounts: bought once for all calls that wait for one, kept for their hour, renewed before it ends. */
export const createGoogleTokens = (deps: TokenDeps): GoogleTokens => {
  const accounts = new Map<string, AccountTokens>()
  return {
    of: (signing, tokenUrl) => {
      const { clientEmail, privateKeyId, privateKey } = signing.account
      const name = createHash('sha256')
        .update(JSON.stringify([clientEmail, privateKeyId, privateKey, tokenUrl]))
        .digest('hex')
      const known = accounts.get(name)
      // Put back last, so that the first one is the one that was asked for longest ago.
      accounts.delete(name)
      const account = known ?? createAccount(deps, signing, tokenUrl)
      accounts.set(name, account)
      const [oldest] = accounts.keys()
      if (accounts.size > MAX_ACCOUNTS && oldest !== undefined) accounts.delete(oldest)
      return account
    },
  }
}

const createAccount = (deps: TokenDeps, signing: GoogleSigning, tokenUrl: string): AccountTokens => {
  let bought: Bought | null = null
  let buying: Promise<string> | null = null
  const buy = (): Promise<string> => {
    buying ??= exchange(deps, signing, tokenUrl)
      .then((fresh) => {
        bought = fresh
        return fresh.token
      })
      .finally(() => {
        buying = null
      })
    return buying
  }
  return {
    find: () => {
      const leftMs = bought === null ? 0 : bought.expiresAtMs - deps.wallMs()
      if (bought === null || leftMs < USABLE_MS) return buy()
      if (leftMs < RENEW_BEFORE_MS)
        buy().catch((error: unknown) =>
          deps.log.warn('google-token-not-renewed', { error: error instanceof Error ? error.message : 'unknown' }),
        )
      return bought.token
    },
  }
}

const exchange = async (deps: TokenDeps, signing: GoogleSigning, tokenUrl: string): Promise<Bought> => {
  const url = new URL(tokenUrl)
  const boughtAtMs = deps.wallMs()
  const body = new URLSearchParams({ grant_type: GRANT, assertion: assert(signing, boughtAtMs) }).toString()
  const reply = await deps.upstream
    .send({
      origin: url.origin,
      path: url.pathname,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body,
      firstByteTimeoutMs: ANSWER_WITHIN_MS,
      idleTimeoutMs: ANSWER_WITHIN_MS,
    })
    .catch((cause: unknown) => {
      throw new SigningFailure('upstream_failed', { status: 0, cause })
    })
  const text = (
    await collectBody(reply.body, MAX_ANSWER_BYTES).catch((cause: unknown) => {
      throw new SigningFailure('upstream_failed', { status: reply.status, cause })
    })
  ).toString('utf8')
  // An account that is gone, switched off or was given another key answers 400 (`invalid_grant`).
  if (reply.status === 400 || reply.status === 401 || reply.status === 403)
    throw new SigningFailure('upstream_unauthorized', { status: reply.status })
  const fresh = reply.status === 200 ? readToken(parseLoosely(text), boughtAtMs) : null
  if (fresh === null) throw new SigningFailure('upstream_failed', { status: reply.status })
  return fresh
}

/** A key that is none is as good as refused. */
const assert = (signing: GoogleSigning, atMs: number): string => {
  try {
    return signGoogleAssertion({ ...signing.account, tokenUrl: signing.tokenUrl, scope: signing.scope }, atMs)
  } catch (cause) {
    throw new SigningFailure('upstream_unauthorized', { status: 0, cause })
  }
}

const readToken = (answer: unknown, boughtAtMs: number): Bought | null => {
  if (typeof answer !== 'object' || answer === null) return null
  const { access_token: token, expires_in: seconds } = answer as Readonly<Record<string, unknown>>
  if (typeof token !== 'string' || !TOKEN.test(token) || typeof seconds !== 'number' || !(seconds > 0)) return null
  return { token, expiresAtMs: boughtAtMs + seconds * 1_000 }
}
