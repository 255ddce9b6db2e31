import type { RandomInteger } from './random.ts'

type Schema = Record<string, unknown>

const DEEPEST = 12

function isRecord(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value that a JSON schema (or Gemini's upper-case kin) allows, the same for the same seed. */
export function sampleFromSchema(schema: unknown, random: RandomInteger): unknown {
  return sample(schema, { random, root: isRecord(schema) ? schema : {}, depth: 0 })
}

interface Place {
  random: RandomInteger
  root: Schema
  depth: number
}

function sample(schema: unknown, place: Place): unknown {
  if (!isRecord(schema) || place.depth > DEEPEST) return null
  const below = { ...place, depth: place.depth + 1 }
  if (typeof schema['$ref'] === 'string') return sample(resolve(schema['$ref'], place.root), below)
  if ('const' in schema) return schema['const']
  const options = schema['enum'] ?? null
  if (Array.isArray(options) && options.length > 0) {
    return options[place.random(options.length)] as unknown
  }
  for (const union of [schema['anyOf'], schema['oneOf'], schema['allOf']]) {
    if (Array.isArray(union)) return sample(union[0], below)
  }
  return sampleType(schema, below)
}

function sampleType(schema: Schema, place: Place): unknown {
  const declared = schema['type'] ?? (isRecord(schema['properties']) ? 'object' : 'string')
  const name: unknown = Array.isArray(declared) ? declared[0] : declared
  switch (String(name).toLowerCase()) {
    case 'object':
      return sampleObject(schema, place)
    case 'array':
      return [sample(schema['items'], place)]
    case 'integer':
    case 'number':
      return clampNumber(schema, place.random(100))
    case 'boolean':
      return place.random(2) === 1
    case 'null':
      return null
    default:
      return `sample ${place.random(1000)}`
  }
}

function sampleObject(schema: Schema, place: Place): Schema {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {}
  return Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, sample(inner, place)]))
}

function clampNumber(schema: Schema, drawn: number): number {
  const least = typeof schema['minimum'] === 'number' ? schema['minimum'] : drawn
  const most = typeof schema['maximum'] === 'number' ? schema['maximum'] : Math.max(drawn, least)
  return Math.min(Math.max(drawn, least), most)
}

function resolve(reference: string, root: Schema): unknown {
  let found: unknown = root
  for (const step of reference.replace(/^#\/?/, '').split('/')) {
    if (step === '') continue
    found = isRecord(found) ? found[step] : undefined
  }
  return found
}
