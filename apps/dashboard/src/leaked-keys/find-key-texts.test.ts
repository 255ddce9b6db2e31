import { expect, test } from 'vitest'
import { generateApiKey } from '@atpar/crypto/api-key'
import { findKeyTexts } from './find-key-texts.ts'

const one = generateApiKey('live').text
const other = generateApiKey('test').text
const manage = generateApiKey('manage').text

test.each([
  [
    'a list as secret scanners send it',
    JSON.stringify([{ token: one, type: 'atpar_key', url: 'https://x' }, { token: other }]),
  ],
  ['one object', JSON.stringify({ key: one, also: `Bearer ${other}` })],
  ['plain lines', `${one}\n${other}\n${one}`],
])('keys are found once each in %s', (_what, text) => {
  expect(findKeyTexts(text)).toEqual([one, other])
})

test('management keys are found like any', () => {
  expect(findKeyTexts(`ATPAR_KEY=${manage}`)).toEqual([manage])
})

test('what is cut, lengthened or mistyped is no key', () => {
  const mistyped = `${one.slice(0, -1)}${one.endsWith('a') ? 'b' : 'a'}`
  expect(findKeyTexts(`${one.slice(0, -1)} ${one}x ${mistyped} x${one}`)).toEqual([])
})
