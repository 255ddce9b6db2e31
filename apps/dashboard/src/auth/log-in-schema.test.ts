import { expect, test } from 'vitest'
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from '@atpar/crypto/password'
import { logInSchema, PASSWORD_MAX, PASSWORD_MIN, signUpSchema } from './log-in-schema.ts'

const person = { name: 'Ada', email: ' Ada@Example.Test ', password: 'x'.repeat(PASSWORD_MIN) }

test('the form asks for what the hash accepts', () => {
  // Two places, because the form is sent to the browser and the hash is native code.
  expect([PASSWORD_MIN, PASSWORD_MAX]).toEqual([MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH])
})

test('an e-mail address is the same whatever its case and spaces', () => {
  expect(signUpSchema.parse(person).email).toBe('ada@example.test')
  expect(logInSchema.parse(person).email).toBe('ada@example.test')
})

test.each([
  ['name', { ...person, name: ' ' }],
  ['email', { ...person, email: 'ada@' }],
  ['password', { ...person, password: 'x'.repeat(PASSWORD_MIN - 1) }],
  ['password', { ...person, password: 'x'.repeat(PASSWORD_MAX + 1) }],
])('a %s that does not do is named', (field, input) => {
  expect(signUpSchema.safeParse(input).error?.issues.map((issue) => issue.path[0])).toEqual([field])
})
