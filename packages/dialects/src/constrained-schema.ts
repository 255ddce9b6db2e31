import type { JsonObject } from '@atpar/core/json'

import { mapSchema, reportDropped, type SchemaRules } from './schema-limits.ts'

/** What constrained decoding refuses: https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations */
const REFUSED_KEYWORDS = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'patternProperties',
  'not',
  'contains',
  'propertyNames',
  'if',
  'then',
  'else',
]

/** Rewrites a schema into what constrained decoding of Claude models takes. Constraints it cannot keep are left out and named. */
export const limitConstrainedSchema = (schema: JsonObject, rules: SchemaRules): JsonObject =>
  mapSchema(schema, (inner) => {
    const kept: JsonObject = {}
    for (const [key, value] of Object.entries(inner)) {
      if (REFUSED_KEYWORDS.includes(key) || (key === 'minItems' && value !== 0 && value !== 1))
        reportDropped(key, rules)
      else kept[key] = value
    }
    // Required of every object there; a schema that allowed more loses that.
    if (kept.type === 'object' || kept.properties !== undefined) {
      if (kept.additionalProperties !== undefined && kept.additionalProperties !== false)
        reportDropped('additionalProperties', rules)
      kept.additionalProperties = false
    }
    return kept
  })
