import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { collectBody, createUpstream, type Upstream } from './http.ts'
import { createGuardedLookup, isPublicAddress, isReachable, type Resolve } from './public-address.ts'

const PRIVATE = [
  '127.0.0.1',
  '127.255.255.254',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '100.64.0.1',
  '100.127.255.255',
  '169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
  '192.0.0.192',
  '0.0.0.0',
  '0.1.2.3',
  '192.0.2.1',
  '192.88.99.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::ffff:a9fe:a9fe',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::7f00:1',
  '100::1',
  '2001::7f00:1',
  '2001:db8::1',
  '2002:7f00:1::',
  '2002:a9fe:a9fe::1',
  '3fff::1',
  'fe80::1',
  'fe80::1%lo',
  'fec0::1',
  'fc00::1',
  'fd00::1',
  'fd00:ec2::254',
  'ff02::1',
  '5f00::1',
  'no address',
  '127.1',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '2130706433',
  '',
] as const

it.each(PRIVATE)('%s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

const PUBLIC = ['8.8.8.8', '104.18.6.192', '172.32.0.1', '2606:4700::6812:6c0', '2a00:1450:4001::200e']

it.each(PUBLIC)('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true)
})

it('where the operator allows local addresses, clouds’ credentials stay out of reach', () => {
  for (const address of ['127.0.0.1', '10.1.2.3', '192.168.0.1', '::1', 'fd00::1', ...PUBLIC])
    expect(isReachable(address, 'local'), address).toBe(true)
  for (const address of [
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    'fe80::1',
    'fd00:ec2::254',
    'fd20:ce::254',
    '0.0.0.0',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    '255.255.255.255',
  ])
    expect(isReachable(address, 'local'), address).toBe(false)
})

const ask = (lookup: ReturnType<typeof createGuardedLookup>, hostname: string, all: boolean): Promise<Error | null> =>
  new Promise((done) => {
    lookup(hostname, { all }, (error) => done(error))
  })

it('gives no socket an address of this machine, however the name is spelt', async () => {
  const lookup = createGuardedLookup('public')
  for (const all of [true, false]) {
    expect(await ask(lookup, 'localhost', all)).toMatchObject({ code: 'ENOTFOUND' })
    expect(await ask(lookup, '127.0.0.1', all)).toMatchObject({ code: 'ENOTFOUND' })
    expect(await ask(lookup, 'no-such-name.invalid', all)).not.toBeNull()
  }
})

/** A name that resolves to each of these in turn, and to the last one from then on. */
const resolveInTurn = (...answers: readonly (readonly string[])[]): Resolve & { asked(): number } => {
  let asked = 0
  const resolve: Resolve = (_hostname, _options, callback) => {
    const addresses = answers[Math.min(asked, answers.length - 1)] ?? []
    asked += 1
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }
  return Object.assign(resolve, { asked: () => asked })
}

it.each(PRIVATE.filter((address) => /^[\d.]+$|:/.test(address) && !address.includes('%')))(
  'a name is refused when any of its addresses is %s',
  async (address) => {
    for (const answers of [[address], ['8.8.8.8', address], [address, '8.8.8.8']])
      expect(await ask(createGuardedLookup('public', resolveInTurn(answers)), 'a.example.com', true)).toMatchObject({
        code: 'ENOTFOUND',
      })
  },
)

const opened: { readonly servers: Server[]; readonly upstreams: Upstream[] } = { servers: [], upstreams: [] }
afterEach(async () => {
  for (const upstream of opened.upstreams.splice(0)) await upstream.close()
  for (const server of opened.servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

const open = (options: Parameters<typeof createUpstream>[0]): Upstream => {
  const upstream = createUpstream(options)
  opened.upstreams.push(upstream)
  return upstream
}

const serve = async (location: string | null): Promise<{ readonly port: number; asked(): number }> => {
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    if (location !== null) response.writeHead(302, { location })
    response.end('reached')
  })
  opened.servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, asked: () => asked }
}

const call = (origin: string) =>
  ({
    origin,
    path: '/',
    headers: {},
    body: null,
    publicOnly: true,
    firstByteTimeoutMs: 5_000,
    idleTimeoutMs: 5_000,
  }) as const

it('a name that turns private after it was checked reaches nothing: each socket goes to the address that was checked for it', async () => {
  const inside = await serve(null)
  const origin = `http://rebind.example.com:${inside.port}`
  // Public when it was saved, private from then on.
  const lookup = resolveInTurn(['8.8.8.8'], ['127.0.0.1'])
  expect(await ask(createGuardedLookup('public', lookup), 'rebind.example.com', true)).toBeNull()
  await expect(open({ reach: 'public', resolve: lookup }).send(call(origin))).rejects.toMatchObject({
    code: 'ENOTFOUND',
  })
  expect(inside.asked()).toBe(0)
  // Where it is allowed the socket asks once: there is no second answer to turn to.
  const once = resolveInTurn(['127.0.0.1'], ['203.0.113.1'])
  expect((await open({ reach: 'local', resolve: once }).send(call(origin))).status).toBe(200)
  expect([once.asked(), inside.asked()]).toEqual([1, 1])
})

it.each(['http://127.0.0.1', 'http://[::1]', 'http://[::ffff:127.0.0.1]', 'http://2130706433', 'http://0x7f.1'])(
  '%s, which needs no lookup, is refused all the same',
  async (origin) => {
    const inside = await serve(null)
    await expect(open({ reach: 'public' }).send(call(`${origin}:${inside.port}`))).rejects.toMatchObject({
      code: 'ENOTFOUND',
    })
    expect(inside.asked()).toBe(0)
  },
)

it('a redirect is an answer like any other and leads nowhere', async () => {
  const inside = await serve(null)
  const redirecting = await serve(`http://127.0.0.1:${inside.port}/latest/meta-data`)
  const upstream = open({ reach: 'local', resolve: resolveInTurn(['127.0.0.1']) })
  const answer = await upstream.send(call(`http://models.example.com:${redirecting.port}`))
  expect(answer.status).toBe(302)
  expect((await collectBody(answer.body, 100)).toString()).toBe('reached')
  expect([redirecting.asked(), inside.asked()]).toEqual([1, 0])
})

it('a socket opened without the check is not handed to a call that asks for it', async () => {
  const inside = await serve(null)
  const upstream = open({ reach: 'public' })
  const origin = `http://127.0.0.1:${inside.port}`
  expect((await upstream.send({ ...call(origin), publicOnly: false })).status).toBe(200)
  await expect(upstream.send(call(origin))).rejects.toMatchObject({ code: 'ENOTFOUND' })
  expect(inside.asked()).toBe(1)
})
