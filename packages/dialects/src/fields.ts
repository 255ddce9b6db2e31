import { AppError } from '@atpar/core/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@atpar/core/json'

/**
 * Reading fields of a caller's body by hand: a schema library costs more per request than everything else the gateway does to it.
 * Absent and null are the same here, as they are for the providers. `at` is the path of the object the field is in ("messages[0].").
 */

export const invalidField = (param: string, message: string): AppError =>
  new AppError('invalid_request', { param, message: `${param} ${message}` })

/** What of a request could not be read, by whether it may be left out. */
export interface Found {
  readonly unmapped: Set<string>
  readonly untranslatable: string[]
}

/** What is good in the caller's format and cannot be said in the provider's: another target may take it. */
export const unsupportedField = (param: string, message: string): AppError =>
  new AppError('unsupported_parameter', { param, message: `${param} ${message}` })

export const readText = (object: JsonObject, key: string, at = ''): string | null => {
  const value = object[key]
  if (value === undefined || value === null) return null
  if (typeof value !== 'string') throw invalidField(at + key, 'must be a string.')
  return value
}

export const requireText = (object: JsonObject, key: string, at = ''): string => {
  const value = readText(object, key, at)
  if (value === null || value === '') throw invalidField(at + key, 'is required and must be a non-empty string.')
  return value
}

export const readFlag = (object: JsonObject, key: string, at = ''): boolean | null => {
  const value = object[key]
  if (value === undefined || value === null) return null
  if (typeof value !== 'boolean') throw invalidField(at + key, 'must be true or false.')
  return value
}

export interface NumberRule {
  readonly at?: string
  readonly min?: number
  readonly max?: number
  readonly integer?: boolean
}

export const readNumber = (object: JsonObject, key: string, rule: NumberRule = {}): number | null => {
  const value = object[key]
  if (value === undefined || value === null) return null
  const { min = -Infinity, max = Infinity, integer = false } = rule
  if (typeof value === 'number' && value >= min && value <= max && (!integer || Number.isSafeInteger(value)))
    return value
  const range = max === Infinity ? (min === -Infinity ? '' : ` of at least ${min}`) : ` from ${min} to ${max}`
  throw invalidField((rule.at ?? '') + key, `must be ${integer ? 'an integer' : 'a number'}${range}.`)
}

export const readPositive = (object: JsonObject, key: string, at = ''): number | null =>
  readNumber(object, key, { at, min: 1, integer: true })

export const readList = (object: JsonObject, key: string, at = ''): readonly JsonValue[] | null => {
  const value = object[key]
  if (value === undefined || value === null) return null
  if (!Array.isArray(value)) throw invalidField(at + key, 'must be an array.')
  return value
}

export const requireList = (object: JsonObject, key: string, at = ''): readonly JsonValue[] => {
  const list = readList(object, key, at)
  if (list === null || list.length === 0) throw invalidField(at + key, 'is required and must be a non-empty array.')
  return list
}

export const readObject = (object: JsonObject, key: string, at = ''): JsonObject | null => {
  const value = object[key]
  if (value === undefined || value === null) return null
  if (!isJsonObject(value)) throw invalidField(at + key, 'must be an object.')
  return value
}

export const requireObject = (value: JsonValue | undefined, param: string): JsonObject => {
  if (!isJsonObject(value)) throw invalidField(param, 'must be an object.')
  return value
}

export const readTexts = (object: JsonObject, key: string, at = ''): readonly string[] => {
  const list = readList(object, key, at) ?? []
  return list.map((item, index) => {
    if (typeof item !== 'string') throw invalidField(`${at}${key}[${index}]`, 'must be a string.')
    return item
  })
}

/** Names of the members that carry something and that nobody has claimed. */
export const listUnmapped = (object: JsonObject, known: ReadonlySet<string>, at = ''): string[] =>
  Object.keys(object)
    .filter((key) => !known.has(key) && isMeaningful(object[key]))
    .map((key) => at + key)

const isMeaningful = (value: JsonValue | undefined): boolean =>
  value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0)

/** Lenient readers for what a provider sent: another shape counts as absent. */
export const asText = (value: JsonValue | undefined): string | null => (typeof value === 'string' ? value : null)
export const asObject = (value: unknown): JsonObject | null => (isJsonObject(value) ? value : null)
export const asList = (value: JsonValue | undefined): readonly JsonValue[] => (Array.isArray(value) ? value : [])
export const asObjects = (value: JsonValue | undefined): readonly JsonObject[] => asList(value).filter(isJsonObject)

/** The members of these names that are there. */
export const pickFields = (object: JsonObject, names: readonly string[]): JsonObject => {
  const picked: JsonObject = {}
  for (const name of names) {
    const value = object[name]
    if (value !== undefined) picked[name] = value
  }
  return picked
}
