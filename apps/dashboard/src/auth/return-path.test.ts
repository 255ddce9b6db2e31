import { expect, test } from 'vitest'
import { safeReturnPath } from './return-path.ts'

test.each([
  '/acme/usage?range=7d',
  '/acme',
  '/a/../b',
  '/@evil.example',
  '/%2f%2fevil.example',
  '/?next=//evil.example',
])('%s stays on this site', (path) => {
  const url = new URL(safeReturnPath(path), 'https://atpar.example')
  expect(url.origin).toBe('https://atpar.example')
  expect(safeReturnPath(path)).toBe(`${url.pathname}${url.search}`)
})

test.each([
  'https://evil.example/',
  'https:evil.example',
  '//evil.example',
  '///evil.example',
  '/.//evil.example',
  '/..//evil.example',
  '/a/..//evil.example',
  '/%2e//evil.example',
  String.raw`/\evil.example`,
  String.raw`\\evil.example`,
  String.raw`/.\/evil.example`,
  '/\t/evil.example',
  '/\n/evil.example',
  '\t//evil.example',
  ' //evil.example',
  '@evil.example',
  '//user@evil.example',
  'javascript:alert(1)',
  'acme',
  '',
  `/${'a'.repeat(2_000)}`,
])('%j leads home', (value) => {
  expect(safeReturnPath(value)).toBe('/home')
})

test('nothing given leads home, and of several the first counts', () => {
  expect(safeReturnPath(undefined)).toBe('/home')
  expect(safeReturnPath([])).toBe('/home')
  expect(safeReturnPath(['/a', '/b'])).toBe('/a')
})
