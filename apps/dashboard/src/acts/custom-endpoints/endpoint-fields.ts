import { z } from 'zod'
import { CUSTOM_MODEL_NAME, CUSTOM_TASKS, ENDPOINT_NAME } from '@atpar/core/custom-models'
import { AppError } from '@atpar/core/errors'
import { formatUsd, parseUsd } from '@atpar/core/money'
import type { NewSecret } from '@atpar/db/credentials'
import type { CustomEndpointSummary } from '@atpar/db/custom-endpoints'
import {
  ENDPOINT_SHAPES,
  readEndpointSecret,
  SHAPE_NAMES,
  shapeOfProvider,
  type EndpointShape,
} from '@atpar/providers/custom-endpoint'
import { parseOwnBaseUrl } from '@atpar/providers/own-base-url'
import { readEnv } from '../../env.ts'
import { sealSecret } from '../credentials/credential-fields.ts'
import { parsePart } from '../parse-part.ts'

export const nameSchema = z
  .string()
  .regex(ENDPOINT_NAME, 'Use lower-case letters, digits and dashes, at most 40: it becomes part of its models’ names.')
export const shapeSchema = z.enum(SHAPE_NAMES)
const modelNameSchema = z
  .string()
  .regex(CUSTOM_MODEL_NAME, 'Use letters, digits, dots, dashes, underscores and colons, at most 80.')

/** What is secret of an endpoint, and where it is. All of it is given anew each time: none of it can be read back. */
export const secretFields = {
  baseUrl: z.string(),
  /** Empty where the endpoint asks for none. */
  apiKey: z.string().default(''),
  headers: z.record(z.string().max(100), z.string().max(2_000)).default({}),
}

const MAX_TOKENS = 100_000_000
const tokens = z.number().int().min(1).max(MAX_TOKENS).nullable().default(null)

const usdPerMillion = z
  .string()
  .transform((text, context) => {
    try {
      const amount = parseUsd(text)
      if (amount >= 0n && amount <= MOST_PER_MILLION) return amount
      context.addIssue({ code: 'custom', message: 'Enter dollars for a million tokens, from 0 to 1,000,000.' })
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      context.addIssue({ code: 'custom', message: error.message })
    }
    return z.NEVER
  })
  .nullable()
  .default(null)
const MOST_PER_MILLION = parseUsd('1000000')

export const modelSchema = z
  .strictObject({
    name: modelNameSchema,
    upstreamModel: z.string().trim().min(1, 'Enter what the endpoint calls it.').max(200, 'At most 200 characters.'),
    task: z.enum(CUSTOM_TASKS).default('chat'),
    reasoning: z.boolean().default(false),
    contextTokens: tokens,
    maxOutputTokens: tokens,
    /** Decimal dollars for a million tokens, both or neither. */
    inputUsdPerMillion: usdPerMillion,
    outputUsdPerMillion: usdPerMillion,
  })
  .refine(({ inputUsdPerMillion: one, outputUsdPerMillion: two }) => (one === null) === (two === null), {
    path: ['outputUsdPerMillion'],
    message: 'Give both prices, or neither.',
  })

/** @throws AppError invalid_request (param `task`) for what a shape has no format for. */
export const checkTask = (shape: EndpointShape, task: (typeof CUSTOM_TASKS)[number]): void => {
  if (task === 'embeddings' && shape !== 'openai-chat')
    throw new AppError('invalid_request', {
      param: 'task',
      message: 'Embeddings are called in OpenAI’s format. This endpoint speaks another one.',
    })
}

/** From here on the address, key and headers can be opened by the proxy alone. @throws AppError invalid_request (param `baseUrl`, `apiKey` or `headers`); no secret is repeated. */
export const sealEndpoint = (
  shape: EndpointShape,
  given: { readonly baseUrl: string; readonly apiKey: string; readonly headers: Readonly<Record<string, string>> },
): { readonly secret: NewSecret; readonly headerNames: readonly string[]; readonly baseUrl: string } => {
  const baseUrl = parsePart('baseUrl', () => parseOwnBaseUrl(given.baseUrl, readEnv().addressReach))
  parsePart('apiKey', () => readEndpointSecret({ baseUrl, apiKey: given.apiKey, headers: {} }))
  const secret = parsePart('headers', () => readEndpointSecret({ ...given, baseUrl }))
  return {
    secret: sealSecret(ENDPOINT_SHAPES[shape], secret),
    headerNames: Object.keys(secret.headers ?? {}),
    baseUrl,
  }
}

/** An endpoint as screens and the API show it: never its key, never a header's value. */
export const showEndpoint = ({ providerId, ...endpoint }: CustomEndpointSummary) => ({
  ...endpoint,
  shape: shapeOfProvider(providerId),
  models: endpoint.models.map(({ inputPusd, outputPusd, ...model }) => ({
    ...model,
    inputUsdPerMillion: inputPusd === null ? null : formatUsd(inputPusd),
    outputUsdPerMillion: outputPusd === null ? null : formatUsd(outputPusd),
  })),
})
export type ShownEndpoint = ReturnType<typeof showEndpoint>

/** What the record of acts keeps of it. */
export const describeForAudit = ({ name, label, providerId, status }: CustomEndpointSummary) => ({
  name,
  label,
  shape: shapeOfProvider(providerId),
  status,
})

export const unknownEndpoint = (): AppError => new AppError('not_found', { message: 'There is no such endpoint.' })
