import { readFileSync } from 'node:fs'
import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { writeOperations, type ApiDocument } from '../../../../packages/client/generator/write-operations.ts'
import { describeApi } from './openapi.ts'
import { ROUTES } from './route-table.ts'

const client = new URL('../../../../packages/client/', import.meta.url)
const api = describeApi()

test('the document is OpenAPI 3.1', async () => {
  const validator = new Validator()
  expect(await validator.validate({ ...structuredClone(api) })).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
})

test('the client’s copy is what the routes say now; `node src/api/write-openapi.ts` writes it', () => {
  expect(JSON.parse(readFileSync(new URL('openapi.json', client), 'utf8'))).toEqual(api)
})

test('the client’s types are what its copy says; `npm run generate` in packages/client writes them', () => {
  const spaceless = (text: string) => text.replace(/[\s|;,()]+/g, '')
  const written = readFileSync(new URL('src/operations.ts', client), 'utf8')
  // Not by toBe: the difference of two files of this length helps nobody.
  expect(spaceless(written) === spaceless(writeOperations(JSON.parse(JSON.stringify(api)) as ApiDocument))).toBe(true)
})

test('no two routes share an operation, or a method and a path shape', () => {
  const operations = ROUTES.map((route) => route.operation)
  const shapes = ROUTES.map((route) => `${route.method} ${route.path.replace(/\{\w+\}/g, '*')}`)
  expect(new Set(operations).size).toBe(ROUTES.length)
  expect(new Set(shapes).size).toBe(ROUTES.length)
})

test('no field of an answer is called like a secret, but for the one that shows a new key once', () => {
  const secretive = /hmac|pepper|hash|secret|token(?!s(?:_|$))|password|sealed|api_key/i
  const named: string[] = []
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [name, inner] of Object.entries(value)) {
      if (path.endsWith('.properties') && secretive.test(name)) named.push(`${path}.${name}`)
      walk(inner, `${path}.${name}`)
    }
  }
  walk(api.components.schemas, '')
  expect(named).toEqual([
    '.AuditEntry.properties.hash',
    '.CreatedKey.properties.api_key',
    '.RotatedKey.properties.api_key',
  ])
})
