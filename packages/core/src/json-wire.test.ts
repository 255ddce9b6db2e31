import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { spliceJson, type JsonEdit } from './json-splice.ts'
import { spliceWire } from './json-wire.ts'

const COST: readonly JsonEdit[] = [{ path: ['usage', 'cost'], value: '0.000000100' }]

describe('spliceWire', () => {
  test.each<[name: string, text: string, expected: string]>([
    [
      'adds the member at the end',
      '{"a":[{}],"usage":{"x":1},"z":0}',
      '{"a":[{}],"usage":{"x":1,"cost":0.000000100},"z":0}',
    ],
    ['adds to an empty object', '{"usage": { } }', '{"usage": {"cost":0.000000100 } }'],
    [
      'leaves white space where it is',
      '{\n  "usage" : {\n    "x": {"y": "}"}\n  },\n  "z": "]\\""\n}\n',
      '{\n  "usage" : {\n    "x": {"y": "}"},"cost":0.000000100\n  },\n  "z": "]\\""\n}\n',
    ],
    [
      'is not fooled by the name within a string',
      '{"a":"say \\"usage\\": {","usage":{"x":1}}',
      '{"a":"say \\"usage\\": {","usage":{"x":1,"cost":0.000000100}}',
    ],
  ])('%s', (...[, text, expected]) => {
    expect(spliceWire(text, COST)).toBe(expected)
  })

  test.each<[name: string, text: string]>([
    ['the object is not there', '{"a":1}'],
    ['the object is deeper', '{"choices":[{"usage":{"x":1}}]}'],
    ['it is no object', '{"usage":null}'],
    ['a string is called like it', '{"type":"usage","usage":{"x":1}}'],
    ['it stands twice', '{"usage":{"x":1},"usage":{"x":2}}'],
    ['its name may be written with escapes', '{"\\u0075sage":{"x":1},"a":{"usage":{}}}'],
    ['the member is there already', '{"usage":{"x":1,"cost":0.5}}'],
    ['a key ends like it', '{"a\\"usage":{"x":1}}'],
  ])('leaves it to the reader where %s', (...[, text]) => {
    expect(spliceWire(text, COST)).toBeNull()
  })

  test('leaves other edits to the reader, and has nothing to do without any', () => {
    const wire = '{"usage":{"x":1}}'
    expect(spliceWire(wire, [])).toBe(wire)
    expect(spliceWire(wire, [{ path: ['usage'], value: '1' }])).toBeNull()
    expect(spliceWire(wire, [{ path: ['usage', 'x'], remove: true }])).toBeNull()
    expect(spliceWire(wire, [{ path: ['usage', 'x', 'y'], value: '1' }])).toBeNull()
    expect(spliceWire(wire, [...COST, ...COST])).toBeNull()
  })

  test('whatever it edits comes out as the reader of the whole text edits it', () => {
    const words = fc.oneof(
      fc.constantFrom('usage', 'cost', '"usage":{', '\\', '}', 'é', '世'),
      fc.string({ unit: 'grapheme' }),
    )
    const values = fc.letrec((tie) => ({
      value: fc.oneof(words, fc.integer(), fc.constant(null), fc.array(tie('value'), { maxLength: 3 }), tie('object')),
      object: fc.dictionary(fc.oneof(words, fc.constantFrom('a', 'b')), tie('value'), { maxKeys: 4 }),
    }))
    const answers = fc.record({
      before: values.object,
      usage: values.object,
      after: values.object,
      indent: fc.constantFrom(0, 2),
    })
    let edited = 0
    fc.assert(
      fc.property(answers, ({ before, usage, after, indent }) => {
        const bytes = Buffer.from(JSON.stringify({ before, usage, after }, null, indent))
        const wire = spliceWire(bytes.toString('latin1'), COST)
        if (wire === null) return
        edited += 1
        expect(wire).toBe(Buffer.from(spliceJson(bytes, COST)).toString('latin1'))
      }),
      { numRuns: 1_000, seed: 8 },
    )
    expect(edited).toBeGreaterThan(200)
  })
})
