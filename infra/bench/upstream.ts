import { createServer } from 'node:http'
import { STREAM_START, streamEnd, streamEvent, vectorsAnswer, WHOLE_ANSWER } from './answers.ts'

/**
 * The provider of the bench, a process of its own so that its CPU is nobody else's. Whole answers come at once; streams send one event per
 * write, `EVENT_INTERVAL_MS` apart, because events that arrive together are relayed together and would flatter every proxy.
 */
const EVENT_INTERVAL_MS = Number(process.argv[2] ?? '2')
const EVENTS = /events=(\d+)/

const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  const parts: Buffer[] = []
  request.on('data', (bytes: Buffer) => parts.push(bytes))
  request.on('end', () => {
    if (request.url?.endsWith('/embeddings') === true) {
      const vectors = vectorsAnswer()
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': vectors.length })
      response.end(vectors)
      return
    }
    const body = Buffer.concat(parts).toString('utf8')
    if (!body.includes('"stream":true')) {
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(WHOLE_ANSWER),
        'x-request-id': 'req_bench',
      })
      response.end(WHOLE_ANSWER)
      return
    }
    const events = Number(EVENTS.exec(body)?.[1] ?? '20')
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': 'req_bench' })
    response.write(STREAM_START)
    let sent = 0
    const timer = setInterval(() => {
      if (sent < events) {
        response.write(streamEvent(sent))
        sent += 1
        return
      }
      clearInterval(timer)
      response.end(streamEnd(events))
    }, EVENT_INTERVAL_MS)
    response.on('close', () => clearInterval(timer))
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(
    `${JSON.stringify({ ready: true, port: typeof address === 'object' && address !== null ? address.port : 0 })}\n`,
  )
})
process.once('SIGTERM', () => process.exit(0))
