import { Refusal } from '../refusal.ts'
import type { GeminiContent } from './schema.ts'
import { isOwnThoughtSignature } from './signature.ts'

const ROLES = new Set(['user', 'model', 'function'])
const DATA_FIELDS = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
]

/** Refuses contents Gemini refuses: wrong roles, empty parts, unanswered calls, foreign signatures. */
export function refuseBrokenContents(contents: readonly GeminiContent[]): void {
  let calls = 0
  for (const [index, { role, parts }] of contents.entries()) {
    if (role !== undefined && !ROLES.has(role)) throw new Refusal(400, 'Please use a valid role: user, model.')
    if (parts.length === 0)
      throw new Refusal(400, `* GenerateContentRequest.contents[${index}].parts: contents.parts must not be empty.\n`)
    for (const [place, one] of parts.entries()) refusePart(one, `contents[${index}].parts[${place}]`)
    const answers = parts.filter((one) => one.functionResponse !== undefined).length
    if (answers !== calls && (calls > 0 || answers > 0)) {
      throw new Refusal(
        400,
        'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
      )
    }
    calls = parts.filter((one) => one.functionCall !== undefined).length
  }
}

function refusePart(one: GeminiContent['parts'][number], place: string): void {
  const data = DATA_FIELDS.filter((name) => one[name] !== undefined)
  if (data.length !== 1) {
    throw new Refusal(
      400,
      `* GenerateContentRequest.${place}.data: required oneof field 'data' must have one initialized field\n`,
    )
  }
  if (one.thoughtSignature !== undefined && !isOwnThoughtSignature(one.thoughtSignature)) {
    throw new Refusal(400, 'Thought signature is not valid.')
  }
}
