import { isJsonObject, type JsonObject, type JsonValue } from '@atpar/core/json'
import { GATEWAY_FIELDS, type RequestFacts } from './contract.ts'
import { invalidField } from './fields.ts'
import type { FormText, MediaFile, MediaInput, MediaRequest } from './media-contract.ts'

/** Formats meet those of their own task only; anything else is a bug of ours. @throws TypeError */
export const requireMedia = <Name extends MediaRequest['task']>(
  task: Name,
  request: MediaRequest,
): Extract<MediaRequest, { readonly task: Name }> => {
  if (isOf(task, request)) return request
  throw new TypeError(`a request of ${request.task} in a format of ${task}`)
}

const isOf = <Name extends MediaRequest['task']>(
  task: Name,
  request: MediaRequest,
): request is Extract<MediaRequest, { readonly task: Name }> => request.task === task

/** A form has words only: "3" and "true" where JSON has 3 and true. What is none of them stays as it is, to be refused by its reader. */
export const typeFields = ({ json }: MediaInput, types: Readonly<Record<string, 'number' | 'flag'>>): JsonObject => {
  const typed: Record<string, JsonValue> = { ...json }
  for (const [name, type] of Object.entries(types)) {
    const value = typed[name]
    if (typeof value !== 'string') continue
    if (type === 'flag' && (value === 'true' || value === 'false')) typed[name] = value === 'true'
    if (type === 'number' && value.trim() !== '' && Number.isFinite(Number(value))) typed[name] = Number(value)
  }
  return typed
}

/** Places of the files of one name (`image`, or `image[]` for several). */
export const filesNamed = (files: readonly MediaFile[], name: string): readonly number[] =>
  files.flatMap((file, index) => (file.name === name || file.name === `${name}[]` ? [index] : []))

export const requireFile = (files: readonly MediaFile[], name: string): number => {
  const [first] = filesNamed(files, name)
  if (first === undefined) throw invalidField(name, 'is required: send the file as a part of the form.')
  return first
}

/** Facts of a request that holds no conversation. */
export const PLAIN_FACTS = {
  stream: false,
  wantsUsage: true,
  choices: 1,
  mediaTokens: 0,
  reasoningTokens: null,
  sessionKey: null,
  usesTools: false,
} as const satisfies Partial<RequestFacts>

const OURS: ReadonlySet<string> = new Set(GATEWAY_FIELDS)

/** The caller's fields for a provider of the same format: unknown ones go along, ours stay here, and `changes` replace (null removes). */
export const passFields = ({ json }: MediaInput, changes: Readonly<Record<string, JsonValue>>): JsonObject => {
  const passed: Record<string, JsonValue> = {}
  for (const [name, value] of Object.entries({ ...json, ...changes }))
    if (value !== null && (!OURS.has(name) || name in changes)) passed[name] = value
  return passed
}

/** Fields as the parts of a form; lists as one part each. */
export const toFormTexts = (fields: JsonObject): readonly FormText[] =>
  Object.entries(fields).flatMap(([name, value]) => {
    if (value === null || value === undefined) return []
    const values: readonly JsonValue[] = Array.isArray(value) ? value : [value]
    return values.map((each) => ({
      name: Array.isArray(value) && !name.endsWith('[]') ? `${name}[]` : name,
      value: typeof each === 'string' ? each : JSON.stringify(each),
    }))
  })

/** The usage object of an answer or an event. */
export const usageOf = (body: JsonObject): JsonObject | null => (isJsonObject(body.usage) ? body.usage : null)
