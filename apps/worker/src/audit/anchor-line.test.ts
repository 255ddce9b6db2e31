import { expect, test } from 'vitest'
import { formatAnchor, readAnchor } from './anchor-line.ts'

const SEED = '42'.repeat(32)
const anchor = {
  orgId: '0192f0c1-0000-7000-8000-000000000001',
  day: '2026-11-22',
  sequence: '17',
  hash: 'ab'.repeat(32),
}

test('a signed line says the same when it is read back', () => {
  expect(readAnchor(formatAnchor(anchor, SEED), SEED)).toEqual(anchor)
})

test.each(['17', '2026', 'ab', '-7000-', 'atpar-anchor-1'])('a line in which %j was changed is refused', (part) => {
  const forged = formatAnchor(anchor, SEED).replace(part, part === 'ab' ? 'ac' : '1'.repeat(part.length))
  expect(() => readAnchor(forged, SEED)).toThrow(/not signed/)
})

test('a line of another installation is refused', () => {
  expect(() => readAnchor(formatAnchor(anchor, '43'.repeat(32)), SEED)).toThrow(/not signed/)
})
