import { expect, test } from 'vitest'

import { createFaults } from './faults.ts'

test('a fault hits its provider and model only, as often as it says', () => {
  const faults = createFaults()
  faults.add({ provider: 'openai', match: { model: 'gpt-4o' }, kind: 'status_500', times: 2 })
  expect(faults.take('groq', 'gpt-4o')).toBeUndefined()
  expect(faults.take('openai', 'gpt-4.1')).toBeUndefined()
  expect(faults.take('openai', 'gpt-4o')).toEqual({ status: 500 })
  expect(faults.take('openai', 'gpt-4o')).toEqual({ status: 500 })
  expect(faults.take('openai', 'gpt-4o')).toBeUndefined()
})

test('a fault without a count lasts until it is removed', () => {
  const faults = createFaults()
  const id = faults.add({ kind: 'slow', directive: { delay_ms: 1 } })
  expect(faults.take('gemini', 'g')).toEqual({ first_ms: 500, delay_ms: 1 })
  expect(faults.take('gemini', 'g')).toBeDefined()
  expect(faults.remove(id)).toBe(true)
  expect(faults.remove(id)).toBe(false)
  expect(faults.take('gemini', 'g')).toBeUndefined()
})

test('a fault that names nothing is refused', () => {
  const faults = createFaults()
  expect(() => faults.add({})).toThrow(/kind or directive/)
  expect(() => faults.add({ kind: 'explode' })).toThrow(/no such behaviour/)
})
