import { channel } from 'node:diagnostics_channel'
import { createServer, request, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { appendPeerHop } from './peer-hop.ts'

let seen: IncomingHttpHeaders = {}
const server = createServer((message, response) => {
  seen = message.headers
  response.end()
})

beforeAll(async () => {
  appendPeerHop()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const hopsSeenFor = async (headers: Readonly<Record<string, string | string[]>>): Promise<unknown> => {
  await new Promise<void>((resolve, reject) => {
    const { port } = server.address() as AddressInfo
    request({ port, host: '127.0.0.1', headers }, (response) => {
      response.resume()
      response.on('end', resolve)
    })
      .on('error', reject)
      .end()
  })
  return seen['x-forwarded-for']
}

test('whoever writes no hop has the address of their connection', async () => {
  expect(await hopsSeenFor({})).toBe('127.0.0.1')
})

test.each([
  ['one hop', '203.0.113.9', '203.0.113.9, 127.0.0.1'],
  ['a list', '203.0.113.9, 198.51.100.4', '203.0.113.9, 198.51.100.4, 127.0.0.1'],
  ['the header twice', ['203.0.113.9', '198.51.100.4'], '203.0.113.9, 198.51.100.4, 127.0.0.1'],
  ['an empty one', '', ', 127.0.0.1'],
  ['no address at all', 'unknown', 'unknown, 127.0.0.1'],
])('whoever writes %s cannot write the last one', async (_what, written, hops) => {
  expect(await hopsSeenFor({ 'x-forwarded-for': written })).toBe(hops)
})

test('a connection that is gone already leaves no gap that a caller’s hop could fill', () => {
  const headers: IncomingHttpHeaders = { 'x-forwarded-for': '203.0.113.9' }
  channel('http.server.request.start').publish({ request: { headers, socket: {} } })
  expect(headers['x-forwarded-for']).toBe('203.0.113.9, unknown')
})
