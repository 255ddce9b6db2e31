import { expect, test } from 'vitest'
import { openAnswer, sealAnswer } from './sealed-answer.ts'

const lock = { keyText: 'atpar_manage_0123456789AB_secret', context: new Uint8Array([1, 2, 3]) }
const answer = '{"key":"atpar_live_…"}'

test('an answer opens for the key that asked, and does not show in what is stored', () => {
  const sealed = sealAnswer(answer, lock)
  expect(openAnswer(sealed, lock)).toBe(answer)
  expect(Buffer.from(sealed).toString('latin1')).not.toContain('atpar_live')
  expect(sealAnswer(answer, lock)).not.toEqual(sealed)
})

test('it opens under no other key, in no other place, and not when changed', () => {
  const sealed = sealAnswer(answer, lock)
  expect(() => openAnswer(sealed, { ...lock, keyText: 'atpar_manage_other' })).toThrow()
  expect(() => openAnswer(sealed, { ...lock, context: new Uint8Array([9]) })).toThrow()
  const changed = Uint8Array.from(sealed)
  changed[14] = (changed[14] ?? 0) ^ 1
  expect(() => openAnswer(changed, lock)).toThrow()
})
