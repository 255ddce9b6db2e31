import { expect, test } from 'vitest'
import { containsCidr, parseCidr } from './cidr.ts'

const contains = (outer: string, inner: string): boolean => {
  const [wide, narrow] = [parseCidr(outer), parseCidr(inner)]
  if (wide === null || narrow === null) throw new Error(`${outer} or ${inner} is no network`)
  return containsCidr(wide, narrow)
}

test.each([
  '10.0.0.0/8',
  '0.0.0.0/0',
  '192.168.1.7',
  '192.168.1.7/32',
  '::/0',
  '::1',
  '2001:db8::/32',
  '1:2:3:4:5:6:7:8',
])('%s is a network', (text) => {
  expect(parseCidr(text)).not.toBeNull()
})

test.each([
  '',
  '10.0.0',
  '10.0.0.256',
  '010.0.0.0',
  '10.0.0.0/33',
  '10.0.0.0/',
  '10.0.0.0/08',
  '10.0.0.0/8/8',
  '10.1.2.3/8',
  '2001:db8::1/32',
  '1::2::3',
  ':::',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7::8',
  'g::',
  'example.com',
  '10.0.0.0 /8',
])('"%s" is none', (text) => {
  expect(parseCidr(text)).toBeNull()
})

test('a network contains itself and what is within it, and nothing beside or around it', () => {
  expect(contains('10.0.0.0/8', '10.0.0.0/8')).toBe(true)
  expect(contains('10.0.0.0/8', '10.255.255.255')).toBe(true)
  expect(contains('10.0.0.0/8', '11.0.0.0/8')).toBe(false)
  expect(contains('10.0.0.0/16', '10.0.0.0/8')).toBe(false)
  expect(contains('2001:db8::/32', '2001:db8:ffff::/48')).toBe(true)
  expect(contains('2001:db8::/32', '2001:db9::/48')).toBe(false)
})

test('everything of one version contains nothing of the other', () => {
  expect(contains('0.0.0.0/0', '::/0')).toBe(false)
  expect(contains('::/0', '10.0.0.1')).toBe(false)
})
