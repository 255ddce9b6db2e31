import { ERRORS, type ErrorCode } from '@atpar/core/errors'
import { z } from 'zod'
import { TAGS, type ApiRoute } from './define-route.ts'
import { ROUTES } from './route-table.ts'

/** As much of OpenAPI 3.1 as is written here and read by the reference page. https://spec.openapis.org/oas/v3.1.1 */
export interface OpenApiSchema {
  readonly [keyword: string]: unknown
}

export interface OpenApiParameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly description?: string
  readonly schema: OpenApiSchema
}

export interface OpenApiResponse {
  readonly description: string
  readonly content?: { readonly 'application/json': { readonly schema: OpenApiSchema } }
}

export interface OpenApiOperation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly parameters: readonly OpenApiParameter[]
  readonly requestBody?: {
    readonly required: true
    readonly content: { readonly 'application/json': { readonly schema: OpenApiSchema } }
  }
  readonly responses: Readonly<Record<string, OpenApiResponse>>
}

export interface OpenApiDocument {
  readonly openapi: '3.1.1'
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly servers: readonly { readonly url: string }[]
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>
  readonly components: {
    readonly securitySchemes: Readonly<Record<string, unknown>>
    readonly schemas: Readonly<Record<string, OpenApiSchema>>
  }
}

const error = z
  .strictObject({
    error: z.strictObject({
      code: z.enum(Object.keys(ERRORS) as ErrorCode[]),
      message: z.string().meta({ description: 'What happened, which value, what to do next. For people.' }),
      param: z.string().nullable().meta({ description: 'The field that is wrong.' }),
      request_id: z.string().meta({ format: 'uuid' }),
    }),
  })
  .meta({ id: 'ApiError' })

/** Schemas with a name, collected once while operations are written down. */
type Components = Map<string, OpenApiSchema>

const LOCAL = '#/$defs/'
const SHARED = '#/components/schemas/'

/** References point at the document's components instead of the schema's own definitions. */
const pointOutside = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(pointOutside)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([keyword]) => keyword !== '$schema' && keyword !== '$defs' && keyword !== 'id')
      .map(([keyword, inner]) => [
        keyword,
        keyword === '$ref' && typeof inner === 'string' && inner.startsWith(LOCAL)
          ? SHARED + inner.slice(LOCAL.length)
          : pointOutside(inner),
      ]),
  )
}

const asSchema = (value: unknown): OpenApiSchema => pointOutside(value) as OpenApiSchema

/** `properties` may hold a field that is called like a keyword: only the keyword `id` of a schema is dropped, and no field of the API is called so. */
const writeSchema = (schema: z.ZodType, io: 'input' | 'output', components: Components): OpenApiSchema => {
  const written = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    unrepresentable: 'throw',
    override: ({ jsonSchema }) => {
      // The format says it, shorter than the pattern; and that a number is safe goes without saying.
      if (jsonSchema.format === 'date-time' || jsonSchema.format === 'date') delete jsonSchema.pattern
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
    },
  })
  for (const [name, definition] of Object.entries(written.$defs ?? {})) components.set(name, asSchema(definition))
  return asSchema(written)
}

const describeQuery = (route: ApiRoute, components: Components): readonly OpenApiParameter[] => {
  const { properties = {}, required = [] } = writeSchema(route.query, 'input', components) as {
    readonly properties?: Readonly<Record<string, OpenApiSchema>>
    readonly required?: readonly string[]
  }
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(typeof description === 'string' ? { description } : {}),
    schema,
  }))
}

const IDEMPOTENCY: OpenApiParameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'A call repeated with the same key within 24 hours is answered as the first time and not done again. Another call with it is refused with 409.',
  schema: { type: 'string', minLength: 1, maxLength: 200, pattern: '^[!-~]+$' },
}

const describeParameters = (route: ApiRoute, components: Components): readonly OpenApiParameter[] => [
  ...route.params.map((name): OpenApiParameter => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', format: 'uuid' },
  })),
  ...describeQuery(route, components),
  ...(route.method === 'POST' ? [IDEMPOTENCY] : []),
]

const EVERYWHERE: readonly ErrorCode[] = [
  'missing_key',
  'unknown_key',
  'key_disabled',
  'network_not_allowed',
  'forbidden',
  'rate_limited',
  'internal_error',
]

/** Every code this route may answer with. */
const errorCodesOf = (route: ApiRoute): readonly ErrorCode[] => [
  ...new Set<ErrorCode>([
    'invalid_request',
    ...(route.body === null ? [] : (['invalid_json', 'body_too_large'] as const)),
    ...EVERYWHERE,
    'not_found',
    ...(route.method === 'POST' ? (['conflict'] as const) : []),
    ...route.errors,
  ]),
]

const describeResponses = (route: ApiRoute, components: Components): Readonly<Record<string, OpenApiResponse>> => {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of errorCodesOf(route))
    byStatus.set(ERRORS[code].status, [...(byStatus.get(ERRORS[code].status) ?? []), code])
  const refusal = { 'application/json': { schema: { $ref: `${SHARED}ApiError` } } }
  return {
    [route.status]:
      route.answer === null
        ? { description: 'Done.' }
        : {
            description: 'Done.',
            content: { 'application/json': { schema: writeSchema(route.answer, 'output', components) } },
          },
    ...Object.fromEntries(
      [...byStatus]
        .toSorted(([left], [right]) => left - right)
        .map(([status, codes]) => [
          status,
          { description: codes.map((code) => `\`${code}\``).join(', '), content: refusal },
        ]),
    ),
  }
}

const describeOperation = (route: ApiRoute, components: Components): OpenApiOperation => ({
  operationId: route.operation,
  tags: [route.tag],
  summary: route.summary,
  ...(route.description === null ? {} : { description: route.description }),
  parameters: describeParameters(route, components),
  ...(route.body === null
    ? {}
    : {
        requestBody: {
          required: true,
          content: { 'application/json': { schema: writeSchema(route.body, 'input', components) } },
        },
      }),
  responses: describeResponses(route, components),
})

const DESCRIPTION = [
  'Manages one organization: the one the management key belongs to. Management keys are made in the settings and call no model; API keys call models and manage nothing.',
  'Amounts are decimal strings in dollars, exact, with the same amount in pico-dollars beside them. Times are RFC 3339. Lists are paged by `limit` and `cursor`.',
  'PATCH leaves alone what is absent; null takes away. An unknown field is refused by its name. What belongs to another organization answers as what does not exist.',
].join('\n\n')

const PREFIX = '/api/v1'

/** The management API as OpenAPI 3.1, from the schemas that check its calls. The same for every installation. */
export const describeApi = (): OpenApiDocument => {
  const components: Components = new Map()
  writeSchema(error, 'output', components)
  const paths: Record<string, Record<string, OpenApiOperation>> = {}
  for (const route of ROUTES)
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: describeOperation(route, components) }
  return {
    openapi: '3.1.1',
    info: { title: 'Atpar management API', version: '1', description: DESCRIPTION },
    servers: [{ url: PREFIX }],
    security: [{ managementKey: [] }],
    tags: TAGS.filter((tag) => ROUTES.some((route) => route.tag === tag)).map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        managementKey: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'atpar_manage_…',
          description: 'A management key of the organization, with a role of its own.',
        },
      },
      schemas: Object.fromEntries([...components].toSorted(([left], [right]) => left.localeCompare(right))),
    },
  }
}
