import { formatApiKey, PUBLIC_LENGTH, SECRET_LENGTH, type ApiKeyMode } from '@atpar/core/api-key'
import { expect, test } from 'vitest'
import { refuseUnknownKey } from './unknown-key.ts'

const keyOf = (mode: ApiKeyMode) =>
  formatApiKey({ mode, publicPart: 'a'.repeat(PUBLIC_LENGTH), secret: 'b'.repeat(SECRET_LENGTH) })

test('a management key is told that it calls no model, without being repeated', () => {
  const refusal = refuseUnknownKey(keyOf('manage'))
  expect(refusal).toMatchObject({ code: 'unknown_key', status: 401 })
  expect(refusal.message).toMatch(/^This is a management key\. .* calls no model/)
  expect(refusal.message).not.toContain('aaaa')
})

test.each([keyOf('live'), keyOf('test'), 'sk-other', 'atpar_manage_'])('%s is just not known', (text) => {
  expect(refuseUnknownKey(text).message).toMatch(/^This API key is not known/)
})
