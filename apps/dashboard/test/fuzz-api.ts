import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import * as fc from 'fast-check'
import type { OpenApiDocument, OpenApiOperation } from '../src/api/openapi.ts'

interface Keywords {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Keywords[]
  readonly oneOf?: readonly Keywords[]
  readonly items?: Keywords
  readonly maxItems?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, Keywords>>
  readonly required?: readonly string[]
}

export interface FuzzPlan {
  readonly api: OpenApiDocument
  readonly send: typeof fetch
  readonly baseUrl: string
  /** Management keys, taken in turn: one alone would meet its rate limit. */
  readonly keys: readonly string[]
  /** Ids that exist, of any kind and of any organization. */
  readonly ids: readonly string[]
  readonly runs: number
  readonly seed: number
}

const WILD: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom('\u0000', '𝒳', '__proto__', "'; --", '9'.repeat(400), -0, 1e308, Number.MAX_SAFE_INTEGER, {}, []),
)

type Generate = (part: Keywords) => fc.Arbitrary<unknown>

const ofType = (type: string, schema: Keywords, { inner, text }: { inner: Generate; text: Generate }) => {
  if (type === 'object')
    return fc.record(
      Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, part]) => [name, inner(part)])),
      { requiredKeys: [...(schema.required ?? [])] },
    )
  if (type === 'array') return fc.array(inner(schema.items ?? {}), { maxLength: Math.min(schema.maxItems ?? 3, 3) })
  if (type === 'integer' || type === 'number')
    return fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 1000, 1000) })
  if (type === 'boolean') return fc.boolean()
  return type === 'null' ? fc.constant(null) : text(schema)
}

const takenBy = (schema: Keywords, ids: readonly string[]): fc.Arbitrary<unknown> => {
  const inner: Generate = (part) => fromSchema(part, ids)
  const text: Generate = (part) => textOf(part.format, ids)
  const choices = schema.anyOf ?? schema.oneOf
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  if (choices !== undefined) return fc.oneof(...choices.map(inner))
  const types = [schema.type ?? 'string'].flat()
  return fc.oneof(...types.map((type) => ofType(type, schema, { inner, text })))
}

/** What a schema takes, now and then with something that it does not. */
const fromSchema = (schema: Keywords, ids: readonly string[]): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 12, arbitrary: takenBy(schema, ids) }, { weight: 1, arbitrary: WILD })

/** From 2024 to 2027. */
const INSTANT = fc.integer({ min: 480_000, max: 500_000 }).map((hours) => new Date(hours * 3_600_000).toISOString())

const textOf = (format: string | undefined, ids: readonly string[]): fc.Arbitrary<string> => {
  if (format === 'uuid') return fc.oneof(fc.constantFrom(...ids), fc.uuid())
  if (format === 'date-time') return INSTANT
  if (format === 'date') return INSTANT.map((instant) => instant.slice(0, 10))
  return fc.oneof(fc.constantFrom('name', '10', '0.5', 'openai', '203.0.113.0/24'), fc.string({ maxLength: 30 }))
}

interface Ask {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
}

const askFor = (operation: OpenApiOperation, ids: readonly string[]): fc.Arbitrary<Ask> => {
  const place = (where: string) => operation.parameters.filter((parameter) => parameter.in === where)
  const body = operation.requestBody?.content['application/json'].schema
  return fc.record({
    params: fc.record(
      Object.fromEntries(
        place('path').map(({ name }) => [
          name,
          fc.oneof(
            { weight: 6, arbitrary: textOf('uuid', ids) },
            { weight: 1, arbitrary: fc.string({ minLength: 1, maxLength: 20 }) },
          ),
        ]),
      ),
    ),
    query: fc.record(Object.fromEntries(place('query').map(({ name, schema }) => [name, fromSchema(schema, ids)])), {
      requiredKeys: place('query')
        .filter(({ required }) => required)
        .map(({ name }) => name),
    }),
    body: body === undefined ? fc.constant(undefined) : fromSchema(body, ids),
  })
}

/** Half a pair of surrogates or a bare dot is no part of a path that a client could send. */
const isSendable = (part: string): boolean =>
  part.isWellFormed() && part !== '.' && part !== '..' && !part.includes('/')

const checkerOf = (api: OpenApiDocument) => {
  const ajv = new Ajv2020({ strict: false, allErrors: false })
  addFormats.default(ajv)
  const compiled = new Map<unknown, ReturnType<typeof ajv.compile>>()
  return (schema: object, value: unknown): string | null => {
    const validate = compiled.get(schema) ?? ajv.compile({ ...schema, components: api.components })
    compiled.set(schema, validate)
    return validate(value) ? null : ajv.errorsText(validate.errors)
  }
}

/**
 * Every operation of the document, again and again with what it takes and what it does not: each answer has a status that is declared and the
 * form that is declared for it, and none is a 500. @returns how often each status was seen. @throws what does not fit, with the seed to see it again
 */
export const fuzzApi = async (plan: FuzzPlan): Promise<ReadonlyMap<string, number>> => {
  const check = checkerOf(plan.api)
  const seen = new Map<string, number>()
  let calls = 0
  for (const [path, methods] of Object.entries(plan.api.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      await fc.assert(
        fc.asyncProperty(askFor(operation, plan.ids), async (ask) => {
          fc.pre(Object.values(ask.params).every(isSendable))
          const filled = path.replace(/\{(\w+)\}/g, (_match, name: string) =>
            encodeURIComponent(ask.params[name] ?? ''),
          )
          const url = new URL(`${plan.baseUrl}/api/v1${filled}`)
          for (const [name, value] of Object.entries(ask.query))
            url.searchParams.set(name, typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
          calls += 1
          const response = await plan.send(url, {
            method: method.toUpperCase(),
            headers: {
              authorization: `Bearer ${plan.keys[calls % plan.keys.length] ?? ''}`,
              'content-type': 'application/json',
            },
            ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
          })
          const text = await response.text()
          const what = `${operation.operationId} ${url.pathname}${url.search} answered ${response.status} ${text.slice(0, 500)}`
          seen.set(
            `${operation.operationId} ${response.status}`,
            (seen.get(`${operation.operationId} ${response.status}`) ?? 0) + 1,
          )
          const declared = operation.responses[response.status]
          if (response.status >= 500 || declared === undefined) throw new Error(what)
          const schema = declared.content?.['application/json'].schema
          const fault =
            schema === undefined
              ? text === ''
                ? null
                : 'a body where none is declared'
              : check(schema, JSON.parse(text))
          if (fault !== null) throw new Error(`${what}: ${fault}`)
        }),
        { numRuns: plan.runs, seed: plan.seed },
      )
    }
  }
  return seen
}
