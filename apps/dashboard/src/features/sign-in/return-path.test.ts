import { expect, test } from 'vitest'
import { safeReturnPath } from './return-path.ts'

test('a path of this site is kept with its query', () => {
  expect(safeReturnPath('/acme/usage?range=7d')).toBe('/acme/usage?range=7d')
})

test.each(['https://evil.example/', '//evil.example', String.raw`/\evil.example`, 'javascript:alert(1)', 'acme', ''])(
  '%j leads home',
  (value) => {
    expect(safeReturnPath(value)).toBe('/home')
  },
)

test('nothing given leads home', () => {
  expect(safeReturnPath(undefined)).toBe('/home')
  expect(safeReturnPath(['/a', '/b'])).toBe('/a')
})
