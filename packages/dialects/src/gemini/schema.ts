import { isJsonObject, type JsonObject, type JsonValue } from '@atpar/core/json'

import { asText } from '../fields.ts'
import { reportDropped, type SchemaRules } from '../schema-limits.ts'

/** The keywords of https://ai.google.dev/api/caching#Schema; any other is answered with 400. */
const KEPT = new Set([
  'type',
  'format',
  'title',
  'description',
  'nullable',
  'enum',
  'maxItems',
  'minItems',
  'properties',
  'required',
  'minProperties',
  'maxProperties',
  'minLength',
  'maxLength',
  'pattern',
  'example',
  'anyOf',
  'propertyOrdering',
  'default',
  'items',
  'minimum',
  'maximum',
])

const FORMATS: Readonly<Record<string, readonly string[]>> = {
  string: ['enum', 'date-time'],
  number: ['float', 'double'],
  integer: ['int32', 'int64'],
}

/** References are unfolded this deep; a schema that still refers to itself is cut there. */
const MAX_DEPTH = 12

interface Walk extends SchemaRules {
  readonly definitions: JsonObject
  readonly depth: number
}

/** Rewrites JSON Schema into the part of it Gemini takes. Constraints it cannot state are left out and named. */
export const limitSchema = (schema: JsonObject, rules: SchemaRules): JsonObject =>
  limit(schema, { ...rules, definitions: { ...asMap(schema.definitions), ...asMap(schema.$defs) }, depth: 0 })

const asMap = (value: JsonValue | undefined): JsonObject => (isJsonObject(value) ? value : {})

const limit = (schema: JsonObject, walk: Walk): JsonObject => {
  const deeper = { ...walk, depth: walk.depth + 1 }
  const source = resolve(schema, walk)
  const out: JsonObject = {}
  for (const [key, value] of Object.entries(source)) {
    switch (key) {
      case 'type':
        Object.assign(out, limitType(value))
        break
      case 'properties':
        out.properties = Object.fromEntries(
          Object.entries(asMap(value)).map(([name, inner]) => [name, limitValue(inner, deeper)]),
        )
        break
      case 'items':
        out.items = limitValue(value, deeper)
        break
      case 'anyOf':
      case 'oneOf':
        Object.assign(out, limitUnion(value, deeper))
        break
      case 'const':
        if (typeof value === 'string') Object.assign(out, { type: 'STRING', enum: [value] })
        else reportDropped('const', walk)
        break
      case 'enum':
        // Only words can be listed here.
        if (Array.isArray(value) && value.every((item) => typeof item === 'string')) out.enum = value
        else reportDropped('enum', walk)
        break
      case 'format':
        if (FORMATS[(asText(source.type) ?? '').toLowerCase()]?.includes(asText(value) ?? '') === true)
          out.format = value
        else reportDropped('format', walk)
        break
      default:
        if (KEPT.has(key)) out[key] = value
        else reportDropped(key, walk)
    }
  }
  return out
}

const limitValue = (value: JsonValue, walk: Walk): JsonValue => (isJsonObject(value) ? limit(value, walk) : {})

/** Types are an enumeration in capitals here. */
const limitType = (value: JsonValue): JsonObject => {
  if (!Array.isArray(value)) return { type: toTypeName(value) }
  const types = value.filter((type) => type !== 'null').map(toTypeName)
  const nullable = types.length < value.length ? { nullable: true } : {}
  const [first] = types
  return types.length === 1 && first !== undefined
    ? { type: first, ...nullable }
    : { anyOf: types.map((type) => ({ type })), ...nullable }
}

const toTypeName = (value: JsonValue): JsonValue => asText(value)?.toUpperCase() ?? value

/** "Or null" is a flag here, not an alternative. */
const limitUnion = (value: JsonValue, walk: Walk): JsonObject => {
  const options = Array.isArray(value) ? value.filter(isJsonObject) : []
  const others = options.filter((option) => option.type !== 'null')
  const nullable = others.length < options.length ? { nullable: true } : {}
  const [first] = others
  return others.length === 1 && first !== undefined
    ? { ...limit(first, walk), ...nullable }
    : { anyOf: others.map((option) => limit(option, walk)), ...nullable }
}

/** Puts a reference's target, and the members of a single `allOf`, in its place. */
const resolve = (schema: JsonObject, walk: Walk): JsonObject => {
  const { $ref: reference, allOf, ...rest } = schema
  if (typeof reference === 'string') {
    const target = walk.definitions[reference.replace(/^#\/(?:\$defs|definitions)\//, '')]
    if (!isJsonObject(target) || walk.depth >= MAX_DEPTH) {
      reportDropped('$ref', walk)
      return { type: 'object', ...rest }
    }
    return resolve({ ...target, ...rest }, { ...walk, depth: walk.depth + 1 })
  }
  if (!Array.isArray(allOf)) return schema
  const [only, ...others] = allOf.filter(isJsonObject)
  if (only !== undefined && others.length === 0)
    return resolve({ ...only, ...rest }, { ...walk, depth: walk.depth + 1 })
  reportDropped('allOf', walk)
  return rest
}
