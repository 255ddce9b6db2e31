import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Who is at the provider's keyboard. */
export interface ProviderPerson {
  readonly sub: string
  readonly name?: string
  readonly email?: string
  readonly email_verified?: boolean
}

/** What the provider does wrong on demand. */
export interface Misbehaviour {
  /** Claims of its token that are not what they should be. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Signs with a key that is not among its published ones. */
  readonly isForged?: boolean
}

export interface OidcProvider {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Whoever is sent to it from now on comes back as this person. */
  readonly seat: (person: ProviderPerson, misbehaviour?: Misbehaviour) => void
  readonly stop: () => Promise<void>
}

interface Grant {
  readonly person: ProviderPerson
  readonly misbehaviour: Misbehaviour
  readonly nonce: string | null
  readonly challenge: string
  readonly redirectUri: string
}

const CLIENT = { clientId: 'atpar-test', clientSecret: 'a client secret only for tests' }
const KEY_ID = 'test-key'
const LIFETIME_SECONDS = 300

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const signToken = (claims: Readonly<Record<string, unknown>>, key: KeyObject): string => {
  const text = `${encode({ alg: 'RS256', typ: 'JWT', kid: KEY_ID })}.${encode(claims)}`
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), key).toString('base64url')}`
}

const readBody = async (request: IncomingMessage): Promise<URLSearchParams> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

const answer = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}

/** The client by header or by form, as RFC 6749 2.3.1 has it. */
const isClient = (request: IncomingMessage, form: URLSearchParams): boolean => {
  const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  const given =
    basic === undefined
      ? [form.get('client_id') ?? '', form.get('client_secret') ?? '']
      : Buffer.from(basic, 'base64')
          .toString('utf8')
          .split(':')
          .map((part) => decodeURIComponent(part.replaceAll('+', ' ')))
  return given[0] === CLIENT.clientId && given[1] === CLIENT.clientSecret
}

/** What one provider knows. */
interface Desk {
  readonly issuer: string
  readonly key: KeyObject
  readonly publicKey: KeyObject
  /** Not published: of forged tokens. */
  readonly strangerKey: KeyObject
  readonly grants: Map<string, Grant>
  seated: Pick<Grant, 'person' | 'misbehaviour'> | null
}

const authorize = (desk: Desk, query: URLSearchParams, response: ServerResponse): void => {
  const challenge = query.get('code_challenge')
  const redirectUri = query.get('redirect_uri')
  const isAsked =
    query.get('code_challenge_method') === 'S256' &&
    query.get('client_id') === CLIENT.clientId &&
    query.get('scope')?.split(' ').includes('openid') === true
  if (desk.seated === null || challenge === null || redirectUri === null || !isAsked) {
    answer(response, 400, { error: 'invalid_request' })
    return
  }
  const code = randomBytes(16).toString('hex')
  desk.grants.set(code, { ...desk.seated, nonce: query.get('nonce'), challenge, redirectUri })
  const back = new URL(redirectUri)
  back.searchParams.set('code', code)
  const state = query.get('state')
  if (state !== null) back.searchParams.set('state', state)
  response.writeHead(302, { location: back.href }).end()
}

/** Each code is good for one try, right or wrong. */
const takeGrant = (desk: Desk, form: URLSearchParams): Grant | null => {
  const code = form.get('code') ?? ''
  const grant = desk.grants.get(code)
  desk.grants.delete(code)
  const proof = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url')
  return grant?.challenge === proof && grant.redirectUri === form.get('redirect_uri') ? grant : null
}

const exchange = async (desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const form = await readBody(request)
  if (!isClient(request, form)) {
    answer(response, 401, { error: 'invalid_client' })
    return
  }
  const grant = takeGrant(desk, form)
  if (grant === null) {
    answer(response, 400, { error: 'invalid_grant' })
    return
  }
  const nowSeconds = Math.floor(Date.now() / 1_000)
  const claims = {
    iss: desk.issuer,
    aud: CLIENT.clientId,
    iat: nowSeconds,
    exp: nowSeconds + LIFETIME_SECONDS,
    ...(grant.nonce === null ? {} : { nonce: grant.nonce }),
    ...grant.person,
    ...grant.misbehaviour.claims,
  }
  answer(response, 200, {
    token_type: 'Bearer',
    access_token: randomBytes(16).toString('hex'),
    expires_in: LIFETIME_SECONDS,
    id_token: signToken(claims, grant.misbehaviour.isForged === true ? desk.strangerKey : desk.key),
  })
}

const route = async (desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { issuer } = desk
  const { pathname, searchParams } = new URL(request.url ?? '/', issuer)
  if (pathname === '/.well-known/openid-configuration')
    answer(response, 200, {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      code_challenge_methods_supported: ['S256'],
    })
  else if (pathname === '/jwks')
    answer(response, 200, {
      keys: [{ ...desk.publicKey.export({ format: 'jwk' }), kid: KEY_ID, use: 'sig', alg: 'RS256' }],
    })
  else if (pathname === '/authorize') authorize(desk, searchParams, response)
  else if (pathname === '/token' && request.method === 'POST') await exchange(desk, request, response)
  else answer(response, 404, { error: 'not_found' })
}

const newKeys = () => generateKeyPairSync('rsa', { modulusLength: 2048 })

/** An OpenID provider on a free port. It asks nobody anything and insists on PKCE. */
export const startOidcProvider = async (): Promise<OidcProvider> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { privateKey, publicKey } = newKeys()
  const desk: Desk = {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key: privateKey,
    publicKey,
    strangerKey: newKeys().privateKey,
    grants: new Map(),
    seated: null,
  }
  server.on('request', (request, response) => {
    route(desk, request, response).catch((error: unknown) => answer(response, 500, { error: String(error) }))
  })
  return {
    issuer: desk.issuer,
    ...CLIENT,
    seat: (person, misbehaviour = {}) => {
      desk.seated = { person, misbehaviour }
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
