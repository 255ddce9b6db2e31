import type { ChatRequest } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import type { JsonObject, JsonValue } from '@atpar/core/json'
import { GATEWAY_FIELDS, type RequestFacts } from '../contract.ts'
import {
  invalidField,
  listUnmapped,
  readFlag,
  readNumber,
  readObject,
  readPositive,
  readText,
  readTexts,
  requireText,
} from '../fields.ts'
import { countBytes, REQUEST_OVERHEAD_BYTES } from '../text-bytes.ts'

/** What the format says for a request that names none: https://platform.openai.com/docs/api-reference/completions/create */
const DEFAULT_MAX_TOKENS = 16
const MAX_PROMPTS = 2_048

const isTokens = (value: JsonValue | undefined): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every((token) => Number.isSafeInteger(token))

/** One text, several, one list of tokens, or several of those. */
const readPrompts = (body: JsonObject): readonly (string | number[])[] => {
  const { prompt } = body
  if (typeof prompt === 'string') return [prompt]
  if (isTokens(prompt)) return [prompt]
  if (!Array.isArray(prompt) || prompt.length === 0 || prompt.length > MAX_PROMPTS)
    throw invalidField(
      'prompt',
      `is required: a string, an array of at most ${MAX_PROMPTS} strings, or arrays of tokens.`,
    )
  return prompt.map((item, index) => {
    if (typeof item === 'string' || isTokens(item)) return item
    throw invalidField(`prompt[${index}]`, 'must be a string or an array of tokens.')
  })
}

export const readLimit = (body: JsonObject): number =>
  readNumber(body, 'max_tokens', { min: 0, integer: true }) ?? DEFAULT_MAX_TOKENS

/** Answers that are made and billed for each prompt: the best of several is chosen only after all were written. */
const readChoices = (body: JsonObject): number =>
  Math.max(readPositive(body, 'n') ?? 1, readPositive(body, 'best_of') ?? 1)

export const readFacts = (body: JsonObject): RequestFacts => {
  const prompts = readPrompts(body)
  const stream = readFlag(body, 'stream') ?? false
  let textBytes = REQUEST_OVERHEAD_BYTES + countBytes(readText(body, 'suffix') ?? '')
  for (const prompt of prompts) textBytes += typeof prompt === 'string' ? countBytes(prompt) : prompt.length
  return {
    model: requireText(body, 'model'),
    stream,
    wantsUsage: !stream || readObject(body, 'stream_options')?.include_usage === true,
    maxOutputTokens: readLimit(body),
    choices: readChoices(body) * prompts.length,
    textBytes,
    mediaTokens: 0,
    reasoningTokens: null,
    sessionKey: readText(body, 'session_id'),
    usesTools: false,
    inputs: prompts.length,
  }
}

const KNOWN = new Set([
  'model',
  'prompt',
  'max_tokens',
  'temperature',
  'top_p',
  'n',
  'stream',
  'stream_options',
  'stop',
  'presence_penalty',
  'frequency_penalty',
  'seed',
  'user',
  ...GATEWAY_FIELDS,
])

/** What a conversation has no word for, and an answer without would be another. */
const ONLY_HERE = ['suffix', 'echo', 'best_of', 'logprobs'] as const

const refuse = (param: string, what: string): AppError =>
  new AppError('unsupported_parameter', {
    param,
    message: `This model takes part in conversations only, and ${what} cannot be asked of it. Leave it out, or name a model of the completions endpoint.`,
  })

const onlyText = (body: JsonObject): string => {
  const [prompt, ...others] = readPrompts(body)
  if (typeof prompt !== 'string' || others.length > 0) throw refuse('prompt', 'anything but one prompt of text')
  return prompt
}

/** One prompt of text becomes what the user says. @throws AppError `unsupported_parameter` for what cannot be said in a conversation. */
export const decodeRequest = (body: JsonObject): ChatRequest => {
  for (const name of ONLY_HERE) {
    const value = body[name]
    if (value !== undefined && value !== null && value !== false) throw refuse(name, `"${name}"`)
  }
  const { stop } = body
  return {
    model: requireText(body, 'model'),
    messages: [{ role: 'user', content: [{ type: 'text', text: onlyText(body) }] }],
    tools: [],
    toolChoice: null,
    parallelToolCalls: null,
    responseFormat: null,
    reasoning: null,
    maxOutputTokens: Math.max(1, readLimit(body)),
    temperature: readNumber(body, 'temperature'),
    topP: readNumber(body, 'top_p'),
    topK: null,
    frequencyPenalty: readNumber(body, 'frequency_penalty'),
    presencePenalty: readNumber(body, 'presence_penalty'),
    seed: readNumber(body, 'seed', { integer: true }),
    stop: typeof stop === 'string' ? [stop] : readTexts(body, 'stop'),
    choices: readPositive(body, 'n') ?? 1,
    logprobs: null,
    stream: readFlag(body, 'stream') ?? false,
    user: readText(body, 'user'),
    metadata: null,
    serviceTier: null,
    unmapped: listUnmapped(body, new Set([...KNOWN, ...ONLY_HERE])),
  }
}
