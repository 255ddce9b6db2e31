import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { createReply, type Reply } from './reply.ts'

let server: Server | null = null
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** All that comes back on one connection, whose requests `answer` answers; the last of them is to close it. */
const exchange = async (requests: string, answer: (reply: Reply, path: string) => unknown): Promise<string> => {
  server = createServer((request, response) => void answer(createReply(response), request.url ?? ''))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1')
  const parts: Buffer[] = []
  socket.on('data', (bytes) => parts.push(bytes))
  socket.write(requests)
  await once(socket, 'close')
  return Buffer.concat(parts).toString('utf8')
}

const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`
const LAST = 'Connection: close\r\n'
const bodyOf = (answer: string): string => answer.slice(answer.indexOf('\r\n\r\n') + 4)

/** What a body of chunks holds, and how many they are. */
const readChunks = (body: string): { readonly text: string; readonly chunks: number; readonly isWhole: boolean } => {
  const bytes = Buffer.from(body)
  let text = ''
  let chunks = 0
  for (let from = 0; ;) {
    const end = bytes.indexOf('\r\n', from)
    if (end === -1) return { text, chunks, isWhole: false }
    const size = Number.parseInt(bytes.toString('latin1', from, end), 16)
    expect(bytes.toString('latin1', end + 2 + size, end + 4 + size)).toBe('\r\n')
    if (size === 0) return { text, chunks, isWhole: true }
    text += bytes.toString('utf8', end + 2, end + 2 + size)
    chunks += 1
    from = end + 4 + size
  }
}

describe('a streamed answer', () => {
  test('is chunks of its bytes, one for each turn', async () => {
    const answer = await exchange(get('/', LAST), async (reply) => {
      reply.startStream({})
      reply.write(Buffer.from('data: "Grüße"\n\n'))
      reply.write('data: "世界 😀"\n\n')
      await new Promise((resolve) => setImmediate(resolve))
      reply.write('')
      reply.write(Buffer.from('data: plain\n\n'))
      reply.end('data: [DONE]\n\n')
    })
    expect(answer).toContain('Transfer-Encoding: chunked')
    expect(readChunks(bodyOf(answer))).toEqual({
      text: 'data: "Grüße"\n\ndata: "世界 😀"\n\ndata: plain\n\ndata: [DONE]\n\n',
      chunks: 2,
      isWhole: true,
    })
  })

  test('keeps the order of short pieces and long ones', async () => {
    const long = Buffer.alloc(70_000, 'x')
    const answer = await exchange(get('/', LAST), (reply) => {
      reply.startStream({})
      reply.write('a')
      reply.write(long)
      reply.write(Buffer.from('b'))
      reply.write(`é${long.toString()}`)
      reply.end()
    })
    expect(readChunks(bodyOf(answer))).toEqual({
      text: `a${long.toString()}bé${long.toString()}`,
      chunks: 4,
      isWhole: true,
    })
  })

  test('has no chunks for a caller of HTTP/1.0, and ends with the connection', async () => {
    const answer = await exchange('GET / HTTP/1.0\r\n\r\n', async (reply) => {
      reply.startStream({})
      reply.write('data: ü\n\n')
      await new Promise((resolve) => setImmediate(resolve))
      reply.end(Buffer.from('data: [DONE]\n\n'))
    })
    expect(bodyOf(answer)).toBe('data: ü\n\ndata: [DONE]\n\n')
  })

  test('leaves the connection to the next answer', async () => {
    const answer = await exchange(get('/first') + get('/second') + get('/third', LAST), async (reply, path) => {
      if (path === '/second') {
        reply.sendWhole(200, {}, 'whole')
        return
      }
      reply.startStream({})
      reply.write(`${path} begins`)
      await new Promise((resolve) => setImmediate(resolve))
      reply.end(`${path} ends`)
    })
    const [first = '', second = '', third = ''] = answer.split('HTTP/1.1 200 OK').slice(1)
    expect(readChunks(bodyOf(first)).text).toBe('/first begins/first ends')
    expect(bodyOf(second)).toBe('whole')
    expect(readChunks(bodyOf(third)).text).toBe('/third begins/third ends')
  })

  test('that is broken off has no end, but all that was written', async () => {
    const answer = await exchange(get('/'), async (reply) => {
      reply.startStream({})
      reply.write('data: 1\n\n')
      await new Promise((resolve) => setImmediate(resolve))
      reply.abort(null)
    })
    expect(readChunks(bodyOf(answer))).toEqual({ text: 'data: 1\n\n', chunks: 1, isWhole: false })
  })

  test('says when its caller reads no more, and when it does again', async () => {
    let refused = 0
    const drained = Promise.withResolvers<void>()
    server = createServer((_request, response) => {
      const reply = createReply(response)
      reply.startStream({})
      reply.onDrain(() => drained.resolve())
      const fill = (): void => {
        if (reply.write(Buffer.alloc(8_000, 'x'))) setImmediate(fill)
        else refused += 1
      }
      fill()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1')
    socket.pause()
    socket.write(get('/'))
    await expect.poll(() => refused, { timeout: 10_000 }).toBe(1)
    socket.resume()
    await drained.promise
    socket.destroy()
  })
})

test('a text of bytes is sent byte for byte, behind the headers kept for every answer', async () => {
  const body = Buffer.from([...Buffer.from('{"a":"Grüße 世界"}'), 0xff, 0x00])
  const parts: Buffer[] = []
  server = createServer((_request, response) => {
    const reply = createReply(response)
    reply.keepHeaders(['x-kept', '1'])
    reply.sendWire(200, ['content-type', 'application/json'], body.toString('latin1'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1')
  socket.on('data', (bytes) => parts.push(bytes))
  socket.write(get('/', LAST))
  await once(socket, 'close')
  const answer = Buffer.concat(parts)
  expect(answer.subarray(answer.indexOf('\r\n\r\n') + 4)).toEqual(body)
  const head = answer.toString('latin1').split('\r\n\r\n')[0]
  expect(head?.split('\r\n')).toEqual(
    expect.arrayContaining(['x-kept: 1', 'content-type: application/json', `content-length: ${body.length}`]),
  )
})
