import { expect, test } from 'vitest'
import { parseAddresses } from './parse-addresses.ts'

test.each([
  ['ada@example.com', ['ada@example.com']],
  [
    'ada@example.com, grace@example.com; edsger@example.com',
    ['ada@example.com', 'grace@example.com', 'edsger@example.com'],
  ],
  [
    'ada@example.com\r\n\r\n  grace@example.com\tedsger@example.com ',
    ['ada@example.com', 'grace@example.com', 'edsger@example.com'],
  ],
  ['Ada Lovelace <Ada@Example.com>, "Hopper" <grace@example.com>', ['ada@example.com', 'grace@example.com']],
  ['ada@example.com ADA@example.com', ['ada@example.com']],
  [' \n ,; ', []],
])('%j is read as %j', (text, addresses) => {
  expect(parseAddresses(text)).toEqual(addresses)
})

test('what is no address is kept, so that it can be named', () => {
  expect(parseAddresses('ada@example.com, not-an-address')).toEqual(['ada@example.com', 'not-an-address'])
})
