import { expect, it } from 'vitest'
import { generateRecoveryCodes, hashRecoveryCode } from './recovery-code.ts'

it('makes ten different codes of 80 bits in groups that can be copied by hand', () => {
  const codes = generateRecoveryCodes()
  expect(codes).toHaveLength(10)
  expect(new Set(codes).size).toBe(10)
  for (const code of codes) expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$/)
})

it('knows a code again with other spacing, case and the usual misreadings, and no other', () => {
  const hash = hashRecoveryCode('7h30-9mz1-2c4v-x8qd')
  expect(hashRecoveryCode(' 7H3O 9MZL 2C4V X8QD')).toEqual(hash)
  expect(hashRecoveryCode('7h30-9mz1-2c4v-x8qe')).not.toEqual(hash)
})
