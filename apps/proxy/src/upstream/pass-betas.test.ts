import { expect, test } from 'vitest'

import { betasOf, passBetas } from './pass-betas.ts'

const KNOWN = ['interleaved-thinking-2025-05-14', 'context-1m-2025-08-07']

test('the betas a provider is known to count go to it as one header, the others are named', () => {
  expect(
    passBetas(
      'context-1m-2025-08-07, files-api-2025-04-14,interleaved-thinking-2025-05-14,context-1m-2025-08-07',
      KNOWN,
    ),
  ).toEqual({
    headers: { 'anthropic-beta': 'context-1m-2025-08-07,interleaved-thinking-2025-05-14' },
    dropped: ['anthropic-beta.files-api-2025-04-14'],
  })
})

test('where another format is spoken the header means nothing, and is named as left out', () => {
  expect(passBetas('context-1m-2025-08-07', null)).toEqual({ headers: null, dropped: ['anthropic-beta'] })
})

test('an empty header is none', () => {
  expect(passBetas(' , ', KNOWN)).toEqual({ headers: null, dropped: [] })
})

test('a header is read however often it was sent', () => {
  expect(betasOf({})).toBeNull()
  expect(betasOf({ 'anthropic-beta': 'a,b' })).toBe('a,b')
})
