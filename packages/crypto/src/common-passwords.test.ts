import { describe, expect, it } from 'vitest'
import { isCommonPassword } from './common-passwords.ts'

describe('a password that anyone would try first', () => {
  it.each([
    'password123',
    'Password2026!',
    'P@ssw0rd!!!!',
    'passwordpassword',
    '1234567890',
    '0987654321',
    '20261122202611',
    'qwertyuiop',
    'Qwertyuiop1!',
    'asdfghjkl;',
    'aaaaaaaaaaaa',
    'abcabcabcabc',
    '1qaz2wsx3edc',
    'iloveyou!!!1',
    'Welcome12345',
    'correct horse battery staple',
    '!!!!----####',
  ])('is refused: %s', (password) => {
    expect(isCommonPassword(password)).toBe(true)
  })

  it('is refused when it is the person', () => {
    const own = ['Ada Lovelace', 'ada.lovelace@example.test', 'ada.lovelace']
    expect(isCommonPassword('AdaLovelace1815', own)).toBe(true)
    expect(isCommonPassword('ada.lovelace@example.test', own)).toBe(true)
    expect(isCommonPassword('AdaLovelace1815')).toBe(false)
  })

  it.each(['quiet maple lantern', 'a password only for tests', 'x7Kq-29vLmPz', 'tests of the password'])(
    '%s is not one',
    (password) => {
      expect(isCommonPassword(password, ['Ada', 'ada@example.test'])).toBe(false)
    },
  )
})
