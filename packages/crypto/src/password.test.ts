import { describe, expect, it } from 'vitest'
import { hashPassword, isPasswordLengthValid, MAX_PASSWORD_LENGTH, verifyPassword } from './password.ts'

describe('passwords', () => {
  it('are verified by their hash and by nothing else', async () => {
    const passwordHash = await hashPassword('correct horse battery')
    expect(await verifyPassword(passwordHash, 'correct horse battery')).toBe(true)
    expect(await verifyPassword(passwordHash, 'correct horse batterz')).toBe(false)
    expect(await verifyPassword(passwordHash, '')).toBe(false)
  })

  it('are hashed by argon2id with 19 MiB, two passes and one lane, salted', async () => {
    const [first, second] = await Promise.all([
      hashPassword('correct horse battery'),
      hashPassword('correct horse battery'),
    ])
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(first).not.toBe(second)
  })

  it('match however their accents are composed', async () => {
    expect(await verifyPassword(await hashPassword('pa\u0301ssword with accent'), 'p\u00e1ssword with accent')).toBe(
      true,
    )
  })

  it('never match a login that does not exist', async () => {
    expect(await verifyPassword(null, 'correct horse battery')).toBe(false)
  })

  it('have bounds on both sides', async () => {
    expect(isPasswordLengthValid('nine char')).toBe(false)
    expect(isPasswordLengthValid('ten chars!')).toBe(true)
    expect(isPasswordLengthValid('x'.repeat(MAX_PASSWORD_LENGTH + 1))).toBe(false)
    expect(() => hashPassword('short')).toThrow(RangeError)
    const longest = 'x'.repeat(MAX_PASSWORD_LENGTH)
    expect(await verifyPassword(await hashPassword(longest), `${longest}x`)).toBe(false)
  })
})
