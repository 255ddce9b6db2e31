import type { JsonObject } from '@atpar/core/json'

import { asObject } from './fields.ts'

/** The parameters of a tool for providers that refuse a schema without a type or without properties. */
export const toObjectSchema = (parameters: unknown): JsonObject => {
  const schema: JsonObject = { type: 'object', ...asObject(parameters) }
  if (schema.properties === undefined) schema.properties = {}
  return schema
}
