import { expect, test } from 'vitest'

import { createRandom } from './random.ts'
import { sampleFromSchema } from './sample-json.ts'

const sample = (schema: unknown) => sampleFromSchema(schema, createRandom(5))

test('an object has every declared property, with a value of its type', () => {
  const value = sample({
    type: 'object',
    properties: {
      city: { type: 'string' },
      days: { type: 'integer', minimum: 200 },
      hot: { type: 'boolean' },
      tags: { type: 'array', items: { enum: ['a'] } },
    },
  })
  expect(value).toEqual({ city: expect.any(String), days: 200, hot: expect.any(Boolean), tags: ['a'] })
})

test("Gemini's upper-case types mean the same", () => {
  expect(sample({ type: 'OBJECT', properties: { n: { type: 'NUMBER', maximum: -1 } } })).toEqual({ n: -1 })
})

test('references and unions are followed', () => {
  const schema = {
    $defs: { unit: { const: 'celsius' } },
    anyOf: [{ type: 'object', properties: { unit: { $ref: '#/$defs/unit' } } }],
  }
  expect(sample(schema)).toEqual({ unit: 'celsius' })
})

test('a schema that refers to itself ends', () => {
  const schema = { type: 'object', properties: { next: { $ref: '#' } } }
  expect(JSON.stringify(sample(schema))).toContain('null')
})

test('a tool without parameters gets an empty object', () => {
  expect(sample({ type: 'object', properties: {} })).toEqual({})
})
