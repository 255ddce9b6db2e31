import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

import { Refusal } from '../refusal.ts'
import type { Exchange } from '../service/context.ts'

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/
const WIDEST_SKEW_MS = 5 * 60_000

/**
 * A bearer token, or a signature that AWS would take: the key known, the hour right, host and date among the signed headers, and the same bytes
 * signed that arrived. Written from AWS's description, not from what signs.
 */
export function checkAwsKey(exchange: Exchange): void {
  const { request, accounts, startedAt } = exchange
  const authorization = request.headers.authorization ?? ''
  const bearer = /^Bearer (.+)$/i.exec(authorization)?.[1]
  if (bearer !== undefined) {
    if (bearer.startsWith('invalid')) throw unknownToken()
    return
  }
  if (authorization === '')
    throw new Refusal(403, 'Missing Authentication Token', { code: 'MissingAuthenticationToken' })
  const [, keyId = '', day = '', region = '', service = '', names = '', signature = ''] =
    AUTHORIZATION.exec(authorization) ?? []
  const secret = accounts.findAwsSecret(keyId)
  if (secret === undefined) throw unknownToken()
  const time = headerOf(exchange, 'x-amz-date')
  const atMs = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (!time.startsWith(day) || !(Math.abs(atMs - startedAt.getTime()) <= WIDEST_SKEW_MS))
    throw new Refusal(403, `Signature expired: ${time} is not within 5 minutes of now`, {
      code: 'InvalidSignatureException',
    })
  const signed = names.split(';')
  const needed = Object.keys(request.headers).filter((name) => name.startsWith('x-amz-'))
  if (service !== 'bedrock' || ![...needed, 'host'].every((name) => signed.includes(name))) throw mismatch()
  const canonical = [
    request.method ?? '',
    ...canonicalTarget(request.url ?? '/'),
    ...signed.map((name) => `${name}:${headerOf(exchange, name).trim()}`),
    '',
    names,
    createHash('sha256').update(exchange.body).digest('hex'),
  ].join('\n')
  const scope = [day, region, service, 'aws4_request']
  const key = scope.reduce<string | Buffer>(
    (derived, part) => createHmac('sha256', derived).update(part).digest(),
    `AWS4${secret}`,
  )
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope.join('/')}\n${createHash('sha256').update(canonical).digest('hex')}`
  const right = createHmac('sha256', key).update(text).digest()
  if (!timingSafeEqual(right, Buffer.from(signature, 'hex'))) throw mismatch()
}

function headerOf({ request }: Exchange, name: string): string {
  const value = request.headers[name]
  return typeof value === 'string' ? value : ''
}

/** Every segment of the path as it arrived, encoded once more; parameters by name. */
function canonicalTarget(url: string): [path: string, query: string] {
  const { pathname, searchParams } = new URL(url, 'http://host')
  const encode = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
  searchParams.sort()
  return [
    pathname.split('/').map(encode).join('/'),
    [...searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&'),
  ]
}

const unknownToken = (): Refusal =>
  new Refusal(403, 'The security token included in the request is invalid.', { code: 'UnrecognizedClientException' })
const mismatch = (): Refusal =>
  new Refusal(
    403,
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
    { code: 'InvalidSignatureException' },
  )
