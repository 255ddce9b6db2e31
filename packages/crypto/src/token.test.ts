import { expect, it } from 'vitest'
import { generateToken, hashToken } from './token.ts'

it('makes tokens of 256 bits that never repeat', () => {
  const tokens = Array.from({ length: 200 }, generateToken)
  expect(new Set(tokens).size).toBe(200)
  expect(tokens.every((token) => Buffer.from(token, 'base64url').length === 32)).toBe(true)
})

it('hashes a token by SHA-256', () => {
  expect(Buffer.from(hashToken('abc')).toString('hex')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
})
