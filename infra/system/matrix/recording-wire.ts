import { Agent, createServer, request as sendRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'

/** One request as it left the proxy, and what came back for it, to the byte; of a socket the handshake, and the head of its answer in `parts` too. */
export interface WireRecord {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  status: number
  readonly parts: Buffer[]
}

/** An answer in the upstream's stead. */
export interface WireAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string | Uint8Array
}

/** Stands between the proxies and an upstream, changes nothing unless told to, and keeps what passed. */
export interface RecordingWire {
  readonly url: string
  /** Every record of one call of ours, oldest first: attempts name it in `x-client-request-id`. */
  recordsOf(requestId: string): readonly WireRecord[]
  all(): readonly WireRecord[]
  /** From now on, whatever this makes an answer to does not reach the upstream. Null lets everything pass again. Sockets always pass. */
  intercept(make: ((record: WireRecord) => WireAnswer | null) | null): void
  forget(): void
  close(): Promise<void>
}

export const startRecordingWire = async (upstreamUrl: string): Promise<RecordingWire> => {
  let records: WireRecord[] = []
  let makeAnswer: ((record: WireRecord) => WireAnswer | null) | null = null
  const agent = new Agent({ keepAlive: true })
  const sockets = new Set<Duplex>()
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const record = recordOf(request, Buffer.concat(parts))
      records.push(record)
      const made = makeAnswer?.(record) ?? null
      if (made === null) {
        forward(record, { upstreamUrl, agent, response })
        return
      }
      record.status = made.status
      record.parts.push(Buffer.from(made.body))
      response.writeHead(made.status, { 'content-type': made.contentType })
      response.end(made.body)
    })
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const record = recordOf(request, Buffer.alloc(0))
    records.push(record)
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    passUpgrade(record, { upstreamUrl, rawHeaders: request.rawHeaders, socket, head })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The recording wire has no port.')
  return {
    url: `http://127.0.0.1:${address.port}`,
    recordsOf: (requestId) =>
      records.filter(({ headers }) => String(headers['x-client-request-id'] ?? '').startsWith(`${requestId}-`)),
    all: () => [...records],
    intercept: (make) => {
      makeAnswer = make
    },
    forget: () => {
      records = []
    },
    close: async () => {
      agent.destroy()
      server.closeAllConnections()
      // An upgraded socket is no connection of the server any more, which waits for it all the same.
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const recordOf = ({ method, url, headers }: IncomingMessage, body: Buffer): WireRecord => ({
  method: method ?? 'GET',
  path: url ?? '/',
  headers,
  body,
  status: 0,
  parts: [],
})

interface Forwarding {
  readonly upstreamUrl: string
  readonly agent: Agent
  readonly response: ServerResponse
}

const forward = (record: WireRecord, { upstreamUrl, agent, response }: Forwarding): void => {
  const { hostname, port } = new URL(upstreamUrl)
  const outgoing = sendRequest(
    { agent, hostname, port, method: record.method, path: record.path, headers: record.headers },
    (answer) => {
      record.status = answer.statusCode ?? 0
      response.writeHead(record.status, answer.headers)
      answer.on('data', (part: Buffer) => {
        record.parts.push(part)
        response.write(part)
      })
      answer.on('end', () => response.end())
      // The upstream broke off: so must the answer, in the same way.
      answer.on('error', () => response.socket?.resetAndDestroy())
    },
  )
  outgoing.on('error', () => response.socket?.resetAndDestroy())
  response.once('close', () => outgoing.destroy())
  outgoing.end(record.body)
}

interface Upgrading {
  readonly upstreamUrl: string
  readonly rawHeaders: readonly string[]
  readonly socket: Duplex
  /** What came right behind the handshake. */
  readonly head: Buffer
}

/** The handshake goes on as it came and everything after it both ways; whichever side ends, ends the other. */
const passUpgrade = (record: WireRecord, { upstreamUrl, rawHeaders, socket, head }: Upgrading): void => {
  const { hostname, port } = new URL(upstreamUrl)
  const upstream = connect(Number(port), hostname)
  const headers = rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('')
  upstream.write(`${record.method} ${record.path} HTTP/1.1\r\n${headers}\r\n`)
  upstream.write(head)
  upstream.on('data', (part: Buffer) => {
    if (record.parts.length === 0) record.status = Number(part.toString('latin1').split(' ', 2)[1])
    record.parts.push(part)
  })
  socket.pipe(upstream).pipe(socket)
  upstream.on('error', () => socket.destroy())
  socket.on('error', () => upstream.destroy())
  socket.once('close', () => upstream.destroy())
}
