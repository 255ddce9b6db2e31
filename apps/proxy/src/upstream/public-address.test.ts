import { expect, it } from 'vitest'
import { isPublicAddress, lookupPublic } from './public-address.ts'

it.each([
  '127.0.0.1',
  '10.1.2.3',
  '172.31.255.255',
  '192.168.0.1',
  '100.64.0.1',
  '169.254.169.254',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '198.18.0.1',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '64:ff9b::7f00:1',
  'fe80::1',
  'fd00::1',
  'ff02::1',
  '2001:db8::1',
  '2002:7f00:1::',
  'no address',
])('%s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

it.each(['8.8.8.8', '104.18.6.192', '172.32.0.1', '2606:4700::6812:6c0', '2a00:1450:4001::200e'])(
  '%s is public',
  (address) => {
    expect(isPublicAddress(address)).toBe(true)
  },
)

const resolve = (hostname: string, all: boolean): Promise<Error | null> =>
  new Promise((done) => {
    lookupPublic(hostname, { all }, (error) => done(error))
  })

it('gives no socket an address of this machine, however the name is spelt', async () => {
  for (const all of [true, false]) {
    expect(await resolve('localhost', all)).toMatchObject({ code: 'ENOTFOUND' })
    expect(await resolve('127.0.0.1', all)).toMatchObject({ code: 'ENOTFOUND' })
    expect(await resolve('no-such-name.invalid', all)).not.toBeNull()
  }
})
