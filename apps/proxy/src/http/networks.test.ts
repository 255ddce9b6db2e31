import { describe, expect, it } from 'vitest'
import { createNetworks, parseNetworks } from './networks.ts'

const peer = (remoteAddress: string, forwardedFor?: string) => ({ connection: { remoteAddress }, forwardedFor })

describe('the address of a caller', () => {
  const networks = createNetworks(['10.0.0.0/8', '2001:db8:ffff::/48'])

  it.each([
    { what: 'is the connection’s own', from: peer('203.0.113.9'), is: '203.0.113.9' },
    { what: 'is not what a stranger claims', from: peer('203.0.113.9', '192.0.2.1'), is: '203.0.113.9' },
    { what: 'is what a proxy of ours saw', from: peer('10.1.1.1', '192.0.2.1'), is: '192.0.2.1' },
    {
      what: 'is the rightmost that no proxy of ours added',
      from: peer('10.1.1.1', '1.1.1.1, 192.0.2.1, 10.2.2.2'),
      is: '192.0.2.1',
    },
    { what: 'is the first proxy when nobody is before it', from: peer('10.1.1.1', '10.2.2.2'), is: '10.2.2.2' },
    { what: 'is read without its port', from: peer('10.1.1.1', '192.0.2.1:4711'), is: '192.0.2.1' },
    { what: 'is read out of brackets', from: peer('10.1.1.1', '[2001:db8::5]:4711'), is: '2001:db8::5' },
    {
      what: 'is IPv4 when it comes wrapped in IPv6',
      from: peer('::ffff:10.1.1.1', '::ffff:192.0.2.1'),
      is: '192.0.2.1',
    },
    { what: 'is unknown when a proxy of ours names none', from: peer('10.1.1.1', '1.1.1.1, unknown'), is: null },
    { what: 'is read through IPv6 proxies', from: peer('2001:db8:ffff::1', '192.0.2.1'), is: '192.0.2.1' },
  ])('$what', ({ from, is }) => {
    expect(networks.addressOf(from)).toBe(is)
  })
})

describe('networks of a key', () => {
  const networks = createNetworks([])

  it.each([
    { cidrs: ['192.0.2.0/24'], from: '192.0.2.255', admitted: true },
    { cidrs: ['192.0.2.0/24'], from: '192.0.3.0', admitted: false },
    { cidrs: ['192.0.2.7'], from: '192.0.2.7', admitted: true },
    { cidrs: ['2001:db8::/32'], from: '2001:db8:1::1', admitted: true },
    { cidrs: ['2001:db8::/32'], from: '192.0.2.1', admitted: false },
    { cidrs: ['192.0.2.0/24'], from: '::ffff:192.0.2.1', admitted: true },
    { cidrs: ['0.0.0.0/0', '::/0'], from: '203.0.113.1', admitted: true },
    // A damaged list closes the key.
    { cidrs: ['everywhere'], from: '203.0.113.1', admitted: false },
    { cidrs: ['192.0.2.0/33'], from: '192.0.2.1', admitted: false },
  ])('$cidrs: $from → $admitted', ({ cidrs, from, admitted }) => {
    expect(networks.admits(cidrs, peer(from))).toBe(admitted)
  })
})

it('a setting that names no network is refused, naming the part', () => {
  expect(parseNetworks(' 10.0.0.0/8, 2001:db8::1 ,')).toEqual(['10.0.0.0/8', '2001:db8::1'])
  expect(() => parseNetworks('10.0.0.0/8,localhost')).toThrow('"localhost" is no network')
})
