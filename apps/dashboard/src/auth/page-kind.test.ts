import { expect, test } from 'vitest'
import { describePage } from './page-kind.ts'

test.each([
  ['/acme', '/'],
  ['/acme/keys', '/keys'],
  ['/acme/requests/0192f0c1-0000-7000-8000-000000000001', '/requests/…'],
  ['/other/keys', 'unknown'],
  ['', 'unknown'],
])('%s is the page %s', (path, page) => {
  expect(describePage(path, 'acme')).toBe(page)
})
