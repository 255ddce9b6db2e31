import type { ResponseFormat } from '@atpar/core/chat'
import type { JsonObject } from '@atpar/core/json'

import { asObject } from './fields.ts'
import { isStrictSchema } from './schema-limits.ts'

/**
 * The schema of an answer as both formats of OpenAI spell it, one in an object of its own, one flat. A schema that OpenAI
 * would refuse to hold strictly is asked for loosely, and `dropped` says so.
 */
export const encodeNamedSchema = (
  format: Extract<ResponseFormat, { readonly kind: 'json-schema' }>,
  dropped: Set<string>,
): JsonObject => {
  const schema = asObject(format.schema) ?? {}
  const description = format.description === undefined ? {} : { description: format.description }
  const strict = format.strict && isStrictSchema(schema)
  if (format.strict && !strict) dropped.add('response_format.strict')
  return { name: format.name, ...description, schema, strict }
}
