import { expect, test } from 'vitest'
import { describeAction, findName, listChanges } from './changes.ts'

test('only what differs is a change, on either side', () => {
  expect(listChanges({ name: 'a', role: 'viewer', teams: [1] }, { name: 'a', role: 'admin', expires: null })).toEqual([
    { field: 'role', before: 'viewer', after: 'admin' },
    { field: 'teams', before: '[1]', after: null },
  ])
  expect(listChanges(undefined, undefined)).toEqual([])
})

test('an entry is called by the newest name it remembers', () => {
  expect(findName({ name: 'old' }, { name: 'new' })).toBe('new')
  expect(findName({ email: 'a@b.test' }, undefined)).toBe('a@b.test')
  expect(findName({ limit: '1' }, undefined)).toBeNull()
  expect(describeAction('key-revoked')).toBe('Key revoked')
})
