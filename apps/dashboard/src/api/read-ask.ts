import { AppError } from '@atpar/core/errors'
import type { z } from 'zod'
import { refuseNul } from '../acts/refuse-nul.ts'
import type { ApiRoute, RawAsk } from './define-route.ts'

const MAX_BODY_BYTES = 100_000

const describeIssue = (issue: z.core.$ZodIssue): AppError => {
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const path = [...issue.path.map(String), ...(unknown === undefined ? [] : [unknown])].join('.')
  const message = unknown === undefined ? issue.message : 'There is no such field here.'
  return new AppError('invalid_request', {
    message: path === '' ? message : `${path}: ${message}`,
    ...(path === '' ? {} : { param: path }),
  })
}

const check = (schema: z.ZodType, value: unknown): unknown => {
  refuseNul(value)
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw issue === undefined ? new AppError('invalid_request') : describeIssue(issue)
}

/** A parameter given twice is refused: which one counts would be a guess. */
const readQuery = (search: URLSearchParams): Readonly<Record<string, string>> => {
  const query = new Map<string, string>()
  for (const [name, value] of search) {
    if (query.has(name)) throw new AppError('invalid_request', { message: `${name} is given twice.`, param: name })
    query.set(name, value)
  }
  return Object.fromEntries(query)
}

/** As text, so that what is hashed for a repeated call is what was sent. @throws AppError body_too_large */
export const readBodyText = async (request: Request): Promise<string> => {
  const reader = request.body?.getReader()
  if (reader === undefined) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.length
    if (size > MAX_BODY_BYTES) {
      await reader.cancel()
      throw new AppError('body_too_large', { message: `The body is larger than ${MAX_BODY_BYTES} bytes.` })
    }
    chunks.push(value)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new AppError('invalid_json', { cause })
  }
}

interface Received {
  readonly params: Readonly<Record<string, string>>
  readonly search: URLSearchParams
  readonly bodyText: string
}

/** Everything checked against the route's own schemas. @throws AppError invalid_request naming the field, invalid_json */
export const readAsk = (route: ApiRoute, { params, search, bodyText }: Received): RawAsk => ({
  params,
  query: check(route.query, readQuery(search)),
  body: route.body === null ? undefined : check(route.body, parseJson(bodyText)),
})
