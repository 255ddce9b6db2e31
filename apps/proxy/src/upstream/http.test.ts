import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { collectBody, createUpstream, type Upstream, type UpstreamReply } from './http.ts'

let server: Server
let upstream: Upstream
let answer: (response: ServerResponse) => void

beforeEach(async () => {
  server = createServer((request, response) => {
    request.resume()
    answer(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  upstream = createUpstream({ reach: 'public' })
})

afterEach(async () => {
  await upstream.close()
  await new Promise((resolve) => server.close(resolve))
})

const send = (): Promise<UpstreamReply> =>
  upstream.send({
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    path: '/',
    headers: {},
    body: '{}',
    firstByteTimeoutMs: 5_000,
    idleTimeoutMs: 5_000,
  })

/** What was sent in one go has come. */
const arrival = (): Promise<void> => sleep(30)

it('an answer that has come whole is taken as it is', async () => {
  answer = (response) => response.end('all of it')
  const { body } = await send()
  await arrival()
  expect(body.takeWhole(100)?.toString()).toBe('all of it')
})

it('one that is still coming is not taken, and nothing of it is lost', async () => {
  const { promise: asked, resolve: goOn } = Promise.withResolvers<void>()
  answer = (response) => {
    response.write('first, ')
    void asked.then(() => response.end('then the rest'))
  }
  const { body } = await send()
  await arrival()
  expect(body.takeWhole(100)).toBeNull()
  goOn()
  await arrival()
  // Whole by now, but in two pieces.
  expect(body.takeWhole(100)).toBeNull()
  expect((await collectBody(body, 100)).toString()).toBe('first, then the rest')
})

it('one that is too large is left to whoever refuses it', async () => {
  answer = (response) => response.end('x'.repeat(101))
  const { body } = await send()
  await arrival()
  expect(body.takeWhole(100)).toBeNull()
  await expect(collectBody(body, 100)).rejects.toThrow('larger than 100 bytes')
})

it('one without a byte is no whole answer', async () => {
  answer = (response) => response.end()
  const { body } = await send()
  await arrival()
  expect(body.takeWhole(100)).toBeNull()
  expect(await collectBody(body, 100)).toHaveLength(0)
})
