import { expect, test } from 'vitest'
import { readRateLimit } from './limit-forms.ts'

const form = (fields: Readonly<Record<string, string>>): FormData => {
  const data = new FormData()
  for (const [name, value] of Object.entries(fields)) data.set(name, value)
  return data
}

test('a rate limit of one model or tag stays that one when it is changed', () => {
  expect(readRateLimit(form({ requestsPerMinute: '1,000', modelId: 'gpt-4o-mini', tag: '' }))).toEqual({
    requestsPerMinute: 1_000,
    tokensPerMinute: null,
    concurrency: null,
    modelId: 'gpt-4o-mini',
    tag: null,
  })
})
