export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue }
export type JsonObject = { [key: string]: JsonValue }

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Null for text that is no JSON object. */
export const parseJsonObject = (text: string): JsonObject | null => {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}

// ECMAScript's JSON.parse source text access, in every Node we run on but not yet in TypeScript's ES2023 library.
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => object }

const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/

/**
 * A JSON number that JSON.stringify writes exactly as given: money reaches the wire as the decimal text BigInt made, never through a float.
 * It is opaque (not a `number`) until written, and does not survive structuredClone.
 * @throws RangeError when the text is no plain decimal.
 */
export const exactNumber = (decimal: string): JsonValue => {
  if (!DECIMAL.test(decimal)) throw new RangeError(`"${decimal}" is not a plain decimal number`)
  return rawJSON(decimal) as JsonValue
}
