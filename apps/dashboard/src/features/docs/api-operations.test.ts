import { expect, test } from 'vitest'
import { describeApi } from '../../api/openapi.ts'
import { matchesSearch, readOperations } from './api-operations.ts'

const views = readOperations(describeApi(), 'https://atpar.test')
const find = (operation: string) => {
  const view = views.find((candidate) => candidate.operation === operation)
  if (view === undefined) throw new Error(`No operation ${operation}`)
  return view
}

test('every operation has an example that can be pasted', () => {
  for (const { curl, path } of views) {
    expect(curl).toContain(`https://atpar.test/api/v1${path}`)
    expect(curl).toContain('Bearer $ATPAR_MANAGEMENT_KEY')
    expect(curl).not.toContain('undefined')
  }
})

test('an example sends what is required and nothing more', () => {
  expect(find('createTeam').curl).toContain(`-d '{"name":"text"}'`)
  expect(find('readUsage').curl).toContain('from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z')
})

test('a search finds by path, by summary and by the fields of the body', () => {
  const found = (search: string) => views.filter((view) => matchesSearch(view, search)).map((view) => view.operation)
  expect(found('rotate key')).toEqual(['rotateKey'])
  expect(found('allowed_cidrs')).toEqual(['createKey', 'updateKey'])
  expect(found('nothing like it')).toEqual([])
  expect(found('')).toHaveLength(views.length)
})
