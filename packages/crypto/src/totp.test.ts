import { describe, expect, it } from 'vitest'
import { findTotpStep, formatTotpSecret, generateTotpSecret, totpUri } from './totp.ts'

// RFC 6238, appendix B: the last six of its eight digits.
const secret = Buffer.from('12345678901234567890')

describe('codes of an authenticator app', () => {
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
  ])('at second %i the one of RFC 6238 is taken, with its step', (second, code) => {
    expect(findTotpStep(secret, code, second * 1_000)).toBe(Math.floor(second / 30))
  })

  it('are taken one step early and late, and not two', () => {
    const stepOf = (second: number) => findTotpStep(secret, '287082', second * 1_000)
    expect([29, 30, 89].map(stepOf)).toEqual([1, 1, 1])
    expect([-1, 90, 120].map((second) => stepOf(second))).toEqual([null, null, null])
  })

  it('are taken as apps show them, with a space', () => {
    expect(findTotpStep(secret, ' 287 082 ', 59_000)).toBe(1)
  })

  it.each(['', '28708', '2870820', '28708a', '٢٨٧٠٨٢', '000000'])('"%s" is not one', (code) => {
    expect(findTotpStep(secret, code, 59_000)).toBeNull()
  })

  it('come from a secret of 160 bits that never repeats', () => {
    const secrets = Array.from({ length: 50 }, () => Buffer.from(generateTotpSecret()).toString('hex'))
    expect(new Set(secrets).size).toBe(50)
    expect(secrets.every((text) => text.length === 40)).toBe(true)
  })

  it('are set up by an address that names the account, and by text', () => {
    expect(formatTotpSecret(secret)).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
    const uri = new URL(totpUri(secret, 'ada@example.test', 'Atpar'))
    expect(uri.protocol).toBe('otpauth:')
    expect(decodeURIComponent(uri.pathname)).toContain('Atpar:ada@example.test')
    expect(uri.searchParams.get('secret')).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
  })
})
