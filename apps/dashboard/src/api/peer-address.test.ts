import { expect, test } from 'vitest'
import { isWithinNetworks, pickPeerAddress } from './peer-address.ts'

test.each([
  ['203.0.113.9', [], '203.0.113.9'],
  ['10.0.0.1, 203.0.113.9', [], '203.0.113.9'],
  ['198.51.100.1, 203.0.113.9, 10.1.2.3', ['10.0.0.0/8'], '203.0.113.9'],
  ['10.9.9.9, 10.1.2.3', ['10.0.0.0/8'], '10.9.9.9'],
  ['::ffff:203.0.113.9', [], '203.0.113.9'],
  ['2001:db8::7', ['10.0.0.0/8'], '2001:db8::7'],
  ['', [], null],
  ['unknown', [], null],
] as const)('the caller of "%s" behind %j is %s', (forwardedFor, trusted, address) => {
  expect(pickPeerAddress(forwardedFor, trusted)).toBe(address)
})

test('a caller cannot write themselves into a network', () => {
  expect(isWithinNetworks(['10.0.0.0/8'], pickPeerAddress('10.0.0.1, 203.0.113.9', []))).toBe(false)
  expect(isWithinNetworks(['203.0.113.0/24'], pickPeerAddress('10.0.0.1, 203.0.113.9', []))).toBe(true)
})

test('no list admits everyone, a damaged list and an unknown address nobody', () => {
  expect(isWithinNetworks([], null)).toBe(true)
  expect(isWithinNetworks(['10.0.0.0/99'], '10.0.0.1')).toBe(false)
  expect(isWithinNetworks(['10.0.0.0/8'], null)).toBe(false)
})
