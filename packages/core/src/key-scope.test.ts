import { expect, test } from 'vitest'
import { scopeBeyond, WIDEST_SCOPE, type KeyScope } from './key-scope.ts'

const scope = (part: Partial<KeyScope>): KeyScope => ({ ...WIDEST_SCOPE, ...part })

test('everything is within the widest scope, and every scope within itself', () => {
  const narrow = scope({ allowedModels: ['a'], allowedCidrs: ['10.0.0.0/8'], expiresAtMs: 5 })
  expect(scopeBeyond(narrow, WIDEST_SCOPE)).toBeNull()
  expect(scopeBeyond(narrow, narrow)).toBeNull()
  expect(scopeBeyond(WIDEST_SCOPE, WIDEST_SCOPE)).toBeNull()
})

test.each(['allowedModels', 'allowedEndpoints', 'allowedRoutes'] as const)(
  '%s: an empty list is everything, so it is beyond any list that names some',
  (field) => {
    const granter = scope({ [field]: ['a', 'b'] })
    expect(scopeBeyond(scope({ [field]: ['b'] }), granter)).toBeNull()
    expect(scopeBeyond(scope({ [field]: ['a', 'c'] }), granter)).toBe(field)
    expect(scopeBeyond(scope({ [field]: [] }), granter)).toBe(field)
  },
)

test('networks may be narrowed, not widened or left', () => {
  const granter = scope({ allowedCidrs: ['10.0.0.0/8', '2001:db8::/32'] })
  expect(scopeBeyond(scope({ allowedCidrs: ['10.2.0.0/16', '2001:db8:1::/48'] }), granter)).toBeNull()
  for (const allowedCidrs of [[], ['0.0.0.0/0'], ['10.2.0.0/16', '11.0.0.0/8'], ['no network']])
    expect(scopeBeyond(scope({ allowedCidrs }), granter)).toBe('allowedCidrs')
})

test('a key does not outlive the one it comes from', () => {
  const granter = scope({ expiresAtMs: 1_000 })
  expect(scopeBeyond(scope({ expiresAtMs: 1_000 }), granter)).toBeNull()
  expect(scopeBeyond(scope({ expiresAtMs: 1_001 }), granter)).toBe('expiresAtMs')
  expect(scopeBeyond(scope({ expiresAtMs: null }), granter)).toBe('expiresAtMs')
})
