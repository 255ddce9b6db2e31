import { isJsonObject, type JsonObject, type JsonValue } from '@atpar/core/json'

/** The part of JSON Schema a provider takes, and where it starts, for the names of what is left out. */
export interface SchemaRules {
  readonly at: string
  readonly dropped: Set<string>
}

/** Keywords whose value is a schema, a list of schemas, or schemas by name. Everything else is plain data, never walked into. */
const SCHEMA_KEYWORDS = new Set(['items', 'additionalProperties', 'not', 'contains', 'propertyNames'])
const LIST_KEYWORDS = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems'])
const NAMED_KEYWORDS = new Set(['properties', '$defs', 'definitions', 'patternProperties'])

/** Applies `change` to a schema and everything below it, inside first. */
export const mapSchema = (schema: JsonObject, change: (schema: JsonObject) => JsonObject): JsonObject => {
  const walk = (value: JsonValue): JsonValue => (isJsonObject(value) ? mapSchema(value, change) : value)
  const copy: JsonObject = {}
  for (const [key, value] of Object.entries(schema)) {
    if (SCHEMA_KEYWORDS.has(key)) copy[key] = walk(value)
    else if (LIST_KEYWORDS.has(key) && Array.isArray(value)) copy[key] = value.map(walk)
    else if (NAMED_KEYWORDS.has(key) && isJsonObject(value))
      copy[key] = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(inner)]))
    else copy[key] = value
  }
  return change(copy)
}

/** Keywords that describe without constraining: leaving them out changes no answer, so nobody is told. */
const ANNOTATIONS = new Set([
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
  'title',
  'examples',
  'readOnly',
  'writeOnly',
  'deprecated',
])

export const reportDropped = (keyword: string, rules: SchemaRules): void => {
  if (!ANNOTATIONS.has(keyword)) rules.dropped.add(`${rules.at}.${keyword}`)
}

/**
 * Whether every object is closed and requires all its properties, as OpenAI's strict mode demands
 * (https://platform.openai.com/docs/guides/structured-outputs#supported-schemas).
 */
export const isStrictSchema = (schema: JsonObject): boolean => {
  let isStrict = true
  mapSchema(schema, (inner) => {
    if (inner.type === 'object' || inner.properties !== undefined) {
      const required = Array.isArray(inner.required) ? inner.required : []
      const names = isJsonObject(inner.properties) ? Object.keys(inner.properties) : []
      if (inner.additionalProperties !== false || !names.every((name) => required.includes(name))) isStrict = false
    }
    return inner
  })
  return isStrict
}
