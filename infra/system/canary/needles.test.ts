import { expect, test } from 'vitest'
import { findNeedles, needleOf } from './needles.ts'

const NEEDLE = needleOf('the prompt', 'CANARYabcdefgh0123456789')
const hidden = (text: string): readonly string[] => findNeedles(text, [NEEDLE])

test.each([
  ['as it is', (text: string) => text],
  ['in hexadecimal', (text: string) => Buffer.from(text).toString('hex')],
  ['in base64', (text: string) => Buffer.from(text).toString('base64')],
  ['in base64url', (text: string) => Buffer.from(text).toString('base64url')],
])('a needle is found %s, wherever it stands', (_name, write) => {
  for (const before of ['', 'a', 'ab', 'abc'])
    expect(hidden(write(`${before}CANARYabcdefgh0123456789 and more`))).toEqual(['the prompt'])
})

test('what is not there is not found', () => {
  expect(hidden(`CANARYabcdefgh ${Buffer.from('something else').toString('base64')}`)).toEqual([])
})
