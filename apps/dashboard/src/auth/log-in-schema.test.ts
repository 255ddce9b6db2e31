import { expect, test } from 'vitest'
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from '@atpar/crypto/password'
import {
  isSingleAddress,
  logInSchema,
  newPasswordSchema,
  PASSWORD_MAX,
  PASSWORD_MIN,
  signUpSchema,
} from './log-in-schema.ts'

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
  ['name', signUpSchema, { ...person, name: ' ' }],
  ['email', signUpSchema, { ...person, email: 'ada@' }],
  ['password', logInSchema, { ...person, password: '' }],
  ['password', logInSchema, { ...person, password: 'x'.repeat(PASSWORD_MAX + 1) }],
])('a %s that does not do is named', (field, schema, input) => {
  expect(schema.safeParse(input).error?.issues.map((issue) => issue.path[0])).toEqual([field])
})

test('a new password has bounds', () => {
  const doesFit = (length: number) => newPasswordSchema.safeParse('x'.repeat(length)).success
  expect([PASSWORD_MIN - 1, PASSWORD_MIN, PASSWORD_MAX, PASSWORD_MAX + 1].map(doesFit)).toEqual([
    false,
    true,
    true,
    false,
  ])
})

test.each([
  'ada@example.test,eve@example.test',
  'ada@example.test;eve@example.test',
  'Ada <ada@example.test>',
  '<ada@example.test>',
  '"ada,eve"@example.test',
  'ada@example.test\r\nBcc: eve@example.test',
  'ada@example.test\n',
  'ada@example.test\u0000',
  'ada@example.test\u2028eve@example.test',
  'ada@example.test eve@example.test',
  'ada@@example.test',
])('%j is not one address', (text) => {
  expect(logInSchema.safeParse({ email: text, password: 'x' }).success).toBe(false)
  expect(isSingleAddress(text)).toBe(false)
})
