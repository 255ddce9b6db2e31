import type { Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readBody } from './body.ts'
import { openServer, type ServerBounds } from './open-server.ts'

/** What reached the application, as `METHOD path body`. */
const seen: string[] = []

const open = (stallMs: number, bounds?: ServerBounds): Server =>
  openServer(
    (request, response) => {
      readBody(request, { maxBytes: 1_000_000, stallMs }).then(
        (body) => {
          seen.push(`${request.method ?? ''} ${request.url ?? ''} ${body.toString('latin1')}`)
          response.end('ok')
        },
        () => response.writeHead(408, { connection: 'close' }).end(),
      )
    },
    (error) => JSON.stringify({ error: { code: error.code } }),
    bounds,
  )

const server = open(30_000)
const hasty = open(20, { headersTimeoutMs: 40, requestTimeoutMs: 80, lookEveryMs: 10 })

const listen = (each: Server): Promise<void> => new Promise((resolve) => each.listen(0, '127.0.0.1', resolve))

beforeAll(async () => {
  await Promise.all([server, hasty].map(listen))
})
afterAll(() => {
  for (const each of [server, hasty]) {
    each.closeAllConnections()
    each.close()
  }
})

/** Sends bytes as they are and gives back everything that came until the other side closed. */
const exchange = (bytes: string, to: Server = server): Promise<string> =>
  new Promise((resolve, reject) => {
    const { port } = to.address() as AddressInfo
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'))
    let text = ''
    socket.setEncoding('latin1')
    socket.on('data', (part: string) => {
      text += part
    })
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
  })

const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n'
const post = (headers: string, body: string): string => `POST /v1 HTTP/1.1\r\nHost: h\r\n${headers}\r\n\r\n${body}`

const CHUNKED = '5\r\nhello\r\n0\r\n\r\n'

/** Every way we know in which two readers of one connection could disagree on where a request ends. */
const SMUGGLED: readonly (readonly [string, string])[] = [
  ['CL.TE', post('Content-Length: 6\r\nTransfer-Encoding: chunked', `0\r\n\r\n${HIDDEN}`)],
  ['TE.CL', post('Transfer-Encoding: chunked\r\nContent-Length: 4', `${CHUNKED}${HIDDEN}`)],
  ['TE.TE with a made-up coding', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: cow', CHUNKED + HIDDEN)],
  ['chunked is not the last coding', post('Transfer-Encoding: chunked, identity', CHUNKED + HIDDEN)],
  ['an unknown coding', post('Transfer-Encoding: xchunked', CHUNKED + HIDDEN)],
  ['a vertical tab before the coding', post('Transfer-Encoding: \x0bchunked', CHUNKED + HIDDEN)],
  ['a space before the colon', post('Transfer-Encoding : chunked', CHUNKED + HIDDEN)],
  ['two lengths that differ', post('Content-Length: 5\r\nContent-Length: 6', `hello${HIDDEN}`)],
  ['two lengths that agree', post('Content-Length: 5\r\nContent-Length: 5', `hello${HIDDEN}`)],
  ['a list of lengths', post('Content-Length: 5, 5', `hello${HIDDEN}`)],
  ['a negative length', post('Content-Length: -1', HIDDEN)],
  ['a signed length', post('Content-Length: +5', `hello${HIDDEN}`)],
  ['a hexadecimal length', post('Content-Length: 0x5', `hello${HIDDEN}`)],
  ['a length that overflows', post('Content-Length: 18446744073709551621', `hello${HIDDEN}`)],
  ['an empty length', post('Content-Length: ', `hello${HIDDEN}`)],
  ['a folded header', post('Content-Length: 5\r\nX-A: b\r\n Transfer-Encoding: chunked', `hello${HIDDEN}`)],
  ['a folded coding', post('Transfer-Encoding:\r\n chunked', CHUNKED + HIDDEN)],
  ['header lines ended by LF alone', `POST /v1 HTTP/1.1\nHost: h\nContent-Length: 5\n\nhello${HIDDEN}`],
  ['one header line ended by LF alone', post('Content-Length: 5\nX-A: b', `hello${HIDDEN}`)],
  ['a bare CR in a header', post('Content-Length: 5\rTransfer-Encoding: chunked', `hello${HIDDEN}`)],
  ['a NUL in a header', post('X-A: b\0c\r\nContent-Length: 5', `hello${HIDDEN}`)],
  ['a header without a colon', post('Content-Length 5', HIDDEN)],
  ['a header without a name', post(': 5', HIDDEN)],
  ['a chunk size that is no number', post('Transfer-Encoding: chunked', `G\r\nhello\r\n0\r\n\r\n${HIDDEN}`)],
  ['a negative chunk size', post('Transfer-Encoding: chunked', `-5\r\nhello\r\n0\r\n\r\n${HIDDEN}`)],
  ['a chunk size written as 0x5', post('Transfer-Encoding: chunked', `0x5\r\nhello\r\n0\r\n\r\n${HIDDEN}`)],
  [
    'a chunk size that overflows',
    post('Transfer-Encoding: chunked', `10000000000000005\r\nhello\r\n0\r\n\r\n${HIDDEN}`),
  ],
  ['a chunk longer than it says', post('Transfer-Encoding: chunked', `3\r\nhello\r\n0\r\n\r\n${HIDDEN}`)],
  ['a chunk size ended by LF alone', post('Transfer-Encoding: chunked', `5\nhello\r\n0\r\n\r\n${HIDDEN}`)],
  ['a chunk ended by LF alone', post('Transfer-Encoding: chunked', `5\r\nhello\n0\r\n\r\n${HIDDEN}`)],
  ['a chunk extension ended by LF alone', post('Transfer-Encoding: chunked', `5;x\nhello\r\n0\r\n\r\n${HIDDEN}`)],
  ['no host', 'GET /v1 HTTP/1.1\r\n\r\n'],
  ['a version nobody speaks', 'GET /v1 HTTP/9.9\r\nHost: h\r\n\r\n'],
  ['a method nobody knows', 'FROB /v1 HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a space in the path', 'GET /v1 /v2 HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
]

it.each(SMUGGLED)('%s: 400, the connection is closed, and nothing behind it is a request', async (_name, bytes) => {
  seen.length = 0
  const answer = await exchange(bytes)
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
  expect(answer).toMatch(/connection: close/i)
  expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
  expect(seen.join()).not.toContain('/hidden')
})

it('what is well formed passes: so the table above shows refusals and not a server that is off', async () => {
  seen.length = 0
  const answer = await exchange(
    post('Transfer-Encoding: chunked', CHUNKED) +
      post('Content-Length: 2', 'hi') +
      'GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
  )
  expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3)
  expect(seen).toEqual(['POST /v1 hello', 'POST /v1 hi', 'GET /last '])
})

it('headers beyond 16 KiB are 431', async () => {
  expect(await exchange(`GET / HTTP/1.1\r\nHost: h\r\nX-A: ${'x'.repeat(17_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
})

it('headers that dawdle, and a body that does, are 408 and the connection is closed', async () => {
  const headers = await exchange('GET /v1 HTTP/1.1\r\nHost: h\r\nX-A:', hasty)
  expect(headers).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
  expect(headers).toContain('"request_timeout"')
  expect(await exchange(post('Content-Length: 500', 'slow'), hasty)).toMatch(/^HTTP\/1\.1 408 /)
})

it('an answer that has begun is not corrupted by a refusal of what follows it', async () => {
  const streaming = openServer(
    (request, response) => {
      request.resume()
      response.write('begun')
    },
    () => '{"refused":true}',
  )
  await listen(streaming)
  const { port } = streaming.address() as AddressInfo
  const text = await new Promise<string>((resolve) => {
    let received = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(post('Content-Length: 0', '')))
    socket.on('data', (part: Buffer) => {
      received += part.toString('latin1')
      if (received.includes('begun')) socket.write('nonsense\r\n\r\n')
    })
    socket.on('close', () => resolve(received))
    socket.on('error', () => {})
  })
  streaming.close()
  expect(text).toContain('begun')
  expect(text).not.toContain('refused')
})

it('a caller that resets its connection ends nothing but itself', async () => {
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('POST /v1 HTTP/1.1\r\nHost: h\r\nContent-Le')
      socket.resetAndDestroy()
      resolve()
    })
  })
  expect(await exchange('GET /alive HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')).toContain('200 OK')
})
