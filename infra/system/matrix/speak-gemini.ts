import type { JsonObject } from '@atpar/core/json'
import {
  asNumber,
  asRecord,
  asRecords,
  asString,
  NOTHING_SEEN,
  parseLoosely,
  type Question,
  type Seen,
  type SeenCall,
  type Speaker,
} from './speaker.ts'

/** https://ai.google.dev/api/generate-content */
export const gemini: Speaker = {
  id: 'gemini',
  title: 'Gemini generateContent',
  path: (model, stream) => `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  headers: (key) => ({ 'x-goog-api-key': key }),
  ask: (question) => ({
    ...(question.system === undefined ? {} : { systemInstruction: { parts: [{ text: question.system }] } }),
    contents: [{ role: 'user', parts: partsOf(question) }],
    generationConfig: {
      maxOutputTokens: 4_000,
      ...(question.schema === undefined
        ? {}
        : { responseMimeType: 'application/json', responseJsonSchema: question.schema }),
      ...(question.thinks === true ? { thinkingConfig: { includeThoughts: true, thinkingBudget: 2_000 } } : {}),
    },
    ...(question.tools === undefined
      ? {}
      : {
          tools: [
            {
              functionDeclarations: question.tools.map(({ name, parameters }) => ({
                name,
                description: 'A tool.',
                parametersJsonSchema: parameters,
              })),
            },
          ],
        }),
  }),
  goOn: (asked, answer, result) => ({
    ...asked,
    contents: [
      ...asRecords(asked.contents),
      asRecord(candidateOf(answer).content),
      {
        role: 'user',
        parts: readCalls(partsIn(answer)).map((call) => ({
          functionResponse: {
            ...(call.id === null ? {} : { id: call.id }),
            name: call.name,
            response: { output: result(call) },
          },
        })),
      },
    ],
  }),
  readWhole: (answer) => ({ ...readChunk(answer), ended: true }),
  readStream: (events) =>
    events.reduce<Seen>((seen, { data }) => {
      const chunk = readChunk(asRecord(parseLoosely(data)))
      return {
        text: seen.text + chunk.text,
        thinking: seen.thinking + chunk.thinking,
        calls: [...seen.calls, ...chunk.calls],
        finish: chunk.finish ?? seen.finish,
        usage: chunk.usage ?? seen.usage,
        errorCode: chunk.errorCode ?? seen.errorCode,
        // The format has no last event of its own but the one with the reason.
        ended: seen.ended || chunk.finish !== null,
      }
    }, NOTHING_SEEN),
}

const partsOf = ({ prompt, pictureBase64 }: Question): JsonObject[] => [
  { text: prompt },
  ...(pictureBase64 === undefined ? [] : [{ inlineData: { mimeType: 'image/png', data: pictureBase64 } }]),
]

const candidateOf = (answer: JsonObject): JsonObject => asRecord(asRecords(answer.candidates)[0])

const partsIn = (answer: JsonObject): readonly JsonObject[] => asRecords(asRecord(candidateOf(answer).content).parts)

const readChunk = (answer: JsonObject): Seen => {
  const parts = partsIn(answer)
  const textOf = (isThought: boolean): string =>
    parts.map((part) => ((part.thought === true) === isThought ? asString(part.text) : '')).join('')
  const calls = readCalls(parts)
  const reason = candidateOf(answer).finishReason
  return {
    text: textOf(false),
    thinking: textOf(true),
    calls,
    finish: typeof reason === 'string' ? (FINISHES[reason] ?? 'other') : null,
    usage: readUsage(answer.usageMetadata),
    errorCode: readErrorCode(answer),
    ended: false,
  }
}

const readCalls = (parts: readonly JsonObject[]): readonly SeenCall[] =>
  parts.flatMap((part) => {
    if (part.functionCall === undefined) return []
    const call = asRecord(part.functionCall)
    return [{ id: typeof call.id === 'string' ? call.id : null, name: asString(call.name), args: call.args }]
  })

/** At Google, whoever called tools ends with STOP as well; servers that speak its format have a reason of their own. */
const FINISHES: Readonly<Record<string, Seen['finish']>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  FUNCTION_CALL: 'tools',
}

/** Cached tokens are within the prompt, thoughts beside the candidates. */
const readUsage = (value: unknown): Seen['usage'] => {
  const usage = asRecord(value)
  if (usage.promptTokenCount === undefined) return null
  return {
    input: asNumber(usage.promptTokenCount),
    cached: asNumber(usage.cachedContentTokenCount),
    output: asNumber(usage.candidatesTokenCount) + asNumber(usage.thoughtsTokenCount),
  }
}

const readErrorCode = (body: JsonObject): string | null => {
  const reason = asRecords(asRecord(body.error).details).find((detail) => detail.reason !== undefined)?.reason
  return typeof reason === 'string' ? reason.toLowerCase() : null
}
