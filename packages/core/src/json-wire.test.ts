import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJsonObject } from './json.ts'
import { spliceJson, type JsonEdit } from './json-splice.ts'
import { spliceWire } from './json-wire.ts'

const COST: readonly JsonEdit[] = [{ path: ['usage', 'cost'], value: '0.000000100' }]
const splice = (wire: string, edits = COST): string | null => spliceWire(wire, parseJsonObject(wire) ?? {}, edits)

const wireOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
const bytesOf = (wire: string): Uint8Array => Uint8Array.from(wire, (character) => character.charCodeAt(0))

describe('spliceWire', () => {
  test.each<[name: string, wire: string, expected: string]>([
    [
      'adds the member first',
      '{"a":[{}],"usage":{"x":1},"z":0}',
      '{"a":[{}],"usage":{"cost":0.000000100,"x":1},"z":0}',
    ],
    [
      'leaves white space where it is',
      '{\n  "usage" : {\n    "x": {"y": "}"}\n  },\n  "z": "]\\""\n}\n',
      '{\n  "usage" : {"cost":0.000000100,\n    "x": {"y": "}"}\n  },\n  "z": "]\\""\n}\n',
    ],
    [
      'is not fooled by the name within a string',
      '{"a":"say \\"usage\\": {","usage":{"x":1}}',
      '{"a":"say \\"usage\\": {","usage":{"cost":0.000000100,"x":1}}',
    ],
  ])('%s', (...[, wire, expected]) => {
    expect(splice(wire)).toBe(expected)
  })

  test.each<[name: string, wire: string]>([
    ['the object is not there', '{"a":1}'],
    ['the object is deeper', '{"choices":[{"usage":{"x":1}}]}'],
    ['the object is empty', '{"usage":{ }}'],
    ['it is no object', '{"usage":null}'],
    ['a string reads like its name', '{"type":"usage","usage":{"x":1}}'],
    ['it stands twice', '{"usage":{"x":1},"usage":{"x":2}}'],
    ['its name may be written with escapes', '{"\\u0075sage":{"x":1},"a":{"usage":{"x":1}}}'],
    ['the member is there already', '{"usage":{"x":1,"cost":0.5}}'],
    ['a longer name ends like it', '{"usage":{"x":1},"a\\"usage":{"x":1}}'],
  ])('leaves it to the reader where %s', (...[, wire]) => {
    expect(splice(wire)).toBeNull()
  })

  test('leaves other edits to the reader, and has nothing to do without any', () => {
    const wire = '{"usage":{"x":1}}'
    expect(splice(wire, [])).toBe(wire)
    expect(splice(wire, [{ path: ['usage'], value: '1' }])).toBeNull()
    expect(splice(wire, [{ path: ['usage', 'x'], remove: true }])).toBeNull()
    expect(splice(wire, [{ path: ['usage', 'x', 'y'], value: '1' }])).toBeNull()
    expect(splice(wire, [...COST, ...COST])).toBeNull()
  })

  test('whatever it edits says what the reader of the whole text makes of it', () => {
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
        const text = JSON.stringify({ before, usage, after }, null, indent)
        const bytes = new TextEncoder().encode(text)
        const wire = spliceWire(wireOf(bytes), parseJsonObject(text) ?? {}, COST)
        if (wire === null) return
        edited += 1
        const both = [bytesOf(wire), spliceJson(bytes, COST)]
        const [ours, theirs] = both.map((each) => parseJsonObject(new TextDecoder().decode(each)))
        expect(ours).toEqual(theirs)
        // Nothing but the member was added.
        expect(wire.replace('"cost":0.000000100,', '')).toBe(wireOf(bytes))
      }),
      { numRuns: 1_000, seed: 8 },
    )
    expect(edited).toBeGreaterThan(200)
  })
})
