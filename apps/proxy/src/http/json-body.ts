import { isUtf8 } from 'node:buffer'
import { AppError } from '@atpar/core/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@atpar/core/json'
import { boundJson, refuseAmbiguous } from './json-bounds.ts'

/** @throws AppError `invalid_json`, `invalid_request` when the JSON is no object or ambiguous, `body_too_large` when it has too many values. */
export const parseJsonBody = (body: Buffer, readValue: (body: Buffer) => JsonValue = readText): JsonObject => {
  if (!isUtf8(body))
    throw new AppError('invalid_json', { message: 'The body is not valid UTF-8. Send JSON text encoded as UTF-8.' })
  const members = boundJson(body)
  let value: JsonValue
  try {
    value = readValue(body)
  } catch (cause) {
    throw new AppError('invalid_json', {
      message: `The body is not valid JSON (${body.length} bytes). Send one JSON object with Content-Type: application/json.`,
      cause,
    })
  }
  if (!isJsonObject(value)) throw new AppError('invalid_request', { message: 'The body must be a JSON object.' })
  refuseAmbiguous(value, members)
  return value
}

const readText = (body: Buffer): JsonValue => JSON.parse(body.toString('utf8')) as JsonValue
