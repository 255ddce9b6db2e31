import { isRecord } from '../generate/read-body.ts'
import { Refusal } from '../refusal.ts'

const names = (list: string): ReadonlySet<string> => new Set(list.split(' '))

const REQUEST = names(
  'contents systemInstruction tools toolConfig generationConfig safetySettings cachedContent labels model serviceTier store',
)
const CONFIG = names(
  'temperature topP topK candidateCount maxOutputTokens stopSequences responseLogprobs logprobs presencePenalty frequencyPenalty seed responseMimeType responseSchema responseJsonSchema _responseJsonSchema responseModalities mediaResolution speechConfig audioTimestamp thinkingConfig imageConfig enableEnhancedCivicAnswers routingConfig modelSelectionConfig',
)
// The schema of function declarations is a subset of OpenAPI's, not JSON Schema: `$schema`, `$ref`, `additionalProperties`
// and their like are errors in it (they belong in `parametersJsonSchema`).
const SCHEMA = names(
  'type format title description nullable enum maxItems minItems properties required minProperties maxProperties minLength maxLength pattern example anyOf propertyOrdering default items minimum maximum',
)

/** Protocol buffers' JSON takes names in camelCase and snake_case alike. Only the message's own levels are renamed, not its data. */
export function toCamelCase(body: unknown): unknown {
  if (!isRecord(body)) return body
  const top = renameKeys(body)
  return {
    ...top,
    ...(isRecord(top['generationConfig']) ? { generationConfig: renameKeys(top['generationConfig']) } : {}),
  }
}

function renameKeys(record: Record<string, unknown>): Record<string, unknown> {
  const rename = (name: string) => name.replaceAll(/(?!^)_([a-z])/g, (_match, letter: string) => letter.toUpperCase())
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [rename(name), value]))
}

/** Gemini refuses every name it does not know, wherever it stands. */
export function refuseUnknownNames(body: unknown): void {
  if (!isRecord(body)) return
  refuseStrangers(body, REQUEST, '')
  if (isRecord(body['generationConfig'])) {
    refuseStrangers(body['generationConfig'], CONFIG, 'generation_config')
    refuseSchema(body['generationConfig']['responseSchema'], 'generation_config.response_schema')
  }
  for (const [index, tool] of listOf(body['tools']).entries()) {
    for (const [place, declared] of listOf(tool['functionDeclarations']).entries()) {
      refuseSchema(declared['parameters'], `tools[${index}].function_declarations[${place}].parameters`)
    }
  }
}

function refuseStrangers(record: Record<string, unknown>, known: ReadonlySet<string>, place: string): void {
  const stranger = Object.keys(record).find((name) => !known.has(name))
  if (stranger === undefined) return
  const where = place === '' ? '' : ` at '${place}'`
  throw new Refusal(400, `Invalid JSON payload received. Unknown name "${stranger}"${where}: Cannot find field.`)
}

function refuseSchema(schema: unknown, place: string): void {
  if (!isRecord(schema)) return
  refuseStrangers(schema, SCHEMA, place)
  if (isRecord(schema['properties'])) {
    for (const [index, inner] of Object.values(schema['properties']).entries())
      refuseSchema(inner, `${place}.properties[${index}].value`)
  }
  refuseSchema(schema['items'], `${place}.items`)
  for (const [index, inner] of listOf(schema['anyOf']).entries()) refuseSchema(inner, `${place}.any_of[${index}]`)
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}
