import { createHash, createHmac } from 'node:crypto'

/** Where a signature counts. */
export interface AwsScope {
  readonly region: string
  readonly service: string
}

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of temporary credentials; null for those that last. */
  readonly sessionToken: string | null
}

export interface AwsRequest {
  readonly method: string
  /** As the `host` header says it. */
  readonly host: string
  /** As it goes over the wire, encoded, with its query. */
  readonly path: string
  /** In pieces where it is large. */
  readonly body: Uint8Array | string | readonly Uint8Array[]
  /** Further headers to sign, names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Signs a request made at `atMs`; the answer is the headers to add to it. */
export type AwsSigner = (request: AwsRequest, atMs: number) => Readonly<Record<string, string>>

const ALGORITHM = 'AWS4-HMAC-SHA256'

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const hexOf = (data: AwsRequest['body']): string => {
  const hash = createHash('sha256')
  if (typeof data === 'string' || data instanceof Uint8Array) hash.update(data)
  else for (const piece of data) hash.update(piece)
  return hash.digest('hex')
}

/** The key of one day, region and service: four HMACs that every request of the day would repeat. */
export const deriveAwsKey = (secretAccessKey: string, day: string, { region, service }: AwsScope): Buffer =>
  hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, day), region), service), 'aws4_request')

/**
 * AWS Signature Version 4 (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html) with the body signed. The
 * derived key is kept until the day changes, so that a request costs one hash of its body and two short ones.
 */
export const createAwsSigner = (credentials: AwsCredentials, scope: AwsScope): AwsSigner => {
  let keyDay = ''
  let key: Buffer = Buffer.alloc(0)
  return (request, atMs) => {
    const time = new Date(atMs).toISOString().replace(/[:-]|\.\d{3}/g, '')
    const day = time.slice(0, 8)
    if (day !== keyDay) {
      key = deriveAwsKey(credentials.secretAccessKey, day, scope)
      keyDay = day
    }
    const added: Record<string, string> = { 'x-amz-date': time }
    if (credentials.sessionToken !== null) added['x-amz-security-token'] = credentials.sessionToken
    const signed = Object.entries({ ...request.headers, ...added, host: request.host }).toSorted(byName)
    const names = signed.map(([name]) => name).join(';')
    const canonical = [
      request.method,
      ...canonicalPath(request.path),
      ...signed.map(([name, value]) => `${name}:${value.trim().replace(/ +/g, ' ')}`),
      '',
      names,
      hexOf(request.body),
    ].join('\n')
    const credentialScope = `${day}/${scope.region}/${scope.service}/aws4_request`
    const signature = createHmac('sha256', key)
      .update(`${ALGORITHM}\n${time}\n${credentialScope}\n${hexOf(canonical)}`)
      .digest('hex')
    return {
      ...added,
      authorization: `${ALGORITHM} Credential=${credentials.accessKeyId}/${credentialScope}, SignedHeaders=${names}, Signature=${signature}`,
    }
  }
}

const byName = ([left]: readonly [string, string], [right]: readonly [string, string]): number =>
  left < right ? -1 : left > right ? 1 : 0

/** The path encoded once more, as every service but S3 wants it, and the query in the order of its bytes. */
const canonicalPath = (pathAndQuery: string): readonly [path: string, query: string] => {
  const at = pathAndQuery.indexOf('?')
  const path = at === -1 ? pathAndQuery : pathAndQuery.slice(0, at)
  const query = at === -1 ? '' : pathAndQuery.slice(at + 1)
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair): readonly [string, string] => {
      const equals = pair.indexOf('=')
      return equals === -1 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
    })
    .toSorted((left, right) => byName(left, right) || byName([left[1], ''], [right[1], '']))
  return [
    path.split('/').map(encodeStrictly).join('/') || '/',
    pairs.map(([name, value]) => `${name}=${value}`).join('&'),
  ]
}

/** RFC 3986: `encodeURIComponent` leaves five characters alone that AWS does not. */
const encodeStrictly = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
