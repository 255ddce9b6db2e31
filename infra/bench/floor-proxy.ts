import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Pool, type Dispatcher } from 'undici'

/**
 * The floor: the least a JSON-reading proxy in Node can do. node:http in, one JSON.parse of the request, undici.dispatch out, one JSON.parse of a
 * whole answer (streams: bytes as they come), bytes back. No keys, limits, routing, metering or journal. Every speed is a ratio to this, in the same run.
 */
const upstreamOrigin = process.argv[2]
if (upstreamOrigin === undefined)
  throw new Error('usage: floor-proxy.ts <upstream origin> [port that it shares with others]')
const pool = new Pool(upstreamOrigin, { pipelining: 1, keepAliveTimeout: 30_000, allowH2: false })

const forward = (request: IncomingMessage, response: ServerResponse, body: Buffer): void => {
  const parsed = JSON.parse(body.toString('utf8')) as { stream?: boolean }
  const parts: Buffer[] = []
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: () => {},
    onResponseStart: (_controller, status, headers) => {
      if (parsed.stream === true) response.writeHead(status, { 'content-type': String(headers['content-type']) })
    },
    onResponseData: (_controller, bytes) => {
      if (parsed.stream === true) response.write(bytes)
      else parts.push(bytes)
    },
    onResponseEnd: () => {
      if (parsed.stream === true) {
        response.end()
        return
      }
      const answer = Buffer.concat(parts)
      JSON.parse(answer.toString('utf8'))
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length })
      response.end(answer)
    },
    onResponseError: () => {
      response.destroy()
    },
  }
  pool.dispatch(
    {
      method: 'POST',
      path: request.url ?? '/',
      headers: { 'content-type': 'application/json', authorization: 'Bearer bench' },
      body,
    },
    handler,
  )
}

const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  const parts: Buffer[] = []
  request.on('data', (bytes: Buffer) => parts.push(bytes))
  request.on('end', () => forward(request, response, Buffer.concat(parts)))
})
const shared = process.argv[3]
server.listen({ host: '127.0.0.1', port: Number(shared ?? 0), reusePort: shared !== undefined }, () => {
  const address = server.address()
  process.stdout.write(
    `${JSON.stringify({ ready: true, port: typeof address === 'object' && address !== null ? address.port : 0 })}\n`,
  )
})
process.once('SIGTERM', () => process.exit(0))
