import type { JsonObject } from '@atpar/core/json'

/**
 * Google's JSON takes every field in camelCase and in snake_case (https://protobuf.dev/programming-guides/json/), and callers use both.
 * Reading only one would let `max_output_tokens` past the limits. This renames the fields we know and nothing else: what lies inside a
 * schema or a tool's arguments is the caller's own.
 */
const RENAMED = new Map(
  [
    'systemInstruction',
    'generationConfig',
    'toolConfig',
    'safetySettings',
    'cachedContent',
    'functionDeclarations',
    'functionCallingConfig',
    'allowedFunctionNames',
    'inlineData',
    'fileData',
    'mimeType',
    'fileUri',
    'functionCall',
    'functionResponse',
    'thoughtSignature',
    'displayName',
    'parametersJsonSchema',
    'maxOutputTokens',
    'topP',
    'topK',
    'stopSequences',
    'candidateCount',
    'responseMimeType',
    'responseSchema',
    'responseJsonSchema',
    'responseModalities',
    'responseLogprobs',
    'frequencyPenalty',
    'presencePenalty',
    'thinkingConfig',
    'thinkingBudget',
    'thinkingLevel',
    'includeThoughts',
    'videoMetadata',
    'mediaResolution',
    'executableCode',
    'codeExecutionResult',
    'toolCall',
    'toolResponse',
    'retrievalConfig',
  ].map((name) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), name] as const),
)

/** The object under its camelCase names; the same object when it has no others. */
export const camelize = (object: JsonObject): JsonObject => {
  if (!Object.keys(object).some((key) => RENAMED.has(key))) return object
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [RENAMED.get(key) ?? key, value]))
}

/** The name a field really has in this body, for edits of its bytes. */
export const spellingOf = (object: JsonObject, name: string): string => {
  for (const [snake, camel] of RENAMED)
    if (camel === name && object[name] === undefined && object[snake] !== undefined) return snake
  return name
}
