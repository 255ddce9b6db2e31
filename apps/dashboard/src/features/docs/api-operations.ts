import type { OpenApiDocument, OpenApiOperation, OpenApiSchema } from '../../api/openapi.ts'

/** One field of a body or an answer, as a line of the reference. */
export interface FieldLine {
  readonly name: string
  readonly type: string
  readonly isRequired: boolean
  readonly description: string | null
}

export interface OperationView {
  readonly operation: string
  readonly tag: string
  readonly method: string
  readonly path: string
  readonly summary: string
  readonly description: string | null
  readonly parameters: readonly FieldLine[]
  readonly body: readonly FieldLine[]
  readonly answer: readonly FieldLine[]
  readonly status: string
  readonly errorCodes: readonly string[]
  readonly curl: string
}

interface Keywords {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly example?: unknown
  readonly anyOf?: readonly Keywords[]
  readonly oneOf?: readonly Keywords[]
  readonly items?: Keywords
  readonly properties?: Readonly<Record<string, Keywords>>
  readonly required?: readonly string[]
}

const nameOf = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1)

const describeType = (schema: Keywords): string => {
  if (schema.$ref !== undefined) return nameOf(schema.$ref)
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return choices.map(describeType).join(' | ')
  if (schema.type === 'array') return `${describeType(schema.items ?? {})}[]`
  if (schema.type === undefined) return 'any JSON'
  return [schema.type].flat().join(' | ') + (schema.format === undefined ? '' : ` (${schema.format})`)
}

const toLines = (schema: Keywords): readonly FieldLine[] =>
  Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    type: describeType(field),
    isRequired: schema.required?.includes(name) === true,
    description: field.description ?? null,
  }))

/** What to type for a field when nobody says better. */
const exampleOf = (schema: Keywords): unknown => {
  if (schema.example !== undefined) return schema.example
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  const choice = (schema.anyOf ?? schema.oneOf)?.[0]
  if (choice !== undefined) return exampleOf(choice)
  if (schema.type === 'array') return []
  if (schema.type === 'object')
    return Object.fromEntries(
      Object.entries(schema.properties ?? {})
        .filter(([name]) => schema.required?.includes(name) === true)
        .map(([name, field]) => [name, exampleOf(field)]),
    )
  if (schema.type === 'integer' || schema.type === 'number') return 10
  if (schema.type === 'boolean') return true
  return schema.format === 'uuid' ? '0192f3c2-7d4e-7c1a-9b1e-2f6a0c5d8e11' : 'text'
}

const bodyOf = (operation: OpenApiOperation): Keywords | null =>
  operation.requestBody?.content['application/json'].schema ?? null

const resolve = (schema: OpenApiSchema, api: OpenApiDocument): Keywords => {
  const { $ref } = schema as Keywords
  return $ref === undefined ? schema : (api.components.schemas[nameOf($ref)] ?? {})
}

const writeCurl = (
  { method, path, operation }: { method: string; path: string; operation: OpenApiOperation },
  baseUrl: string,
): string => {
  const query = operation.parameters
    .filter((parameter) => parameter.in === 'query' && parameter.required)
    .map((parameter) => `${parameter.name}=${String(exampleOf(parameter.schema))}`)
    .join('&')
  const url = `${baseUrl}/api/v1${path}${query === '' ? '' : `?${query}`}`
  const body = bodyOf(operation)
  return [
    `curl${method === 'GET' ? '' : ` -X ${method}`} "${url}"`,
    '-H "Authorization: Bearer $ATPAR_MANAGEMENT_KEY"',
    ...(method === 'POST' ? ['-H "Idempotency-Key: $(uuidgen)"'] : []),
    ...(body === null ? [] : ['-H "Content-Type: application/json"', `-d '${JSON.stringify(exampleOf(body))}'`]),
  ].join(' \\\n  ')
}

/** The OpenAPI document as the reference page shows it, operation by operation. */
export const readOperations = (api: OpenApiDocument, baseUrl: string): readonly OperationView[] =>
  Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([lowerMethod, operation]): OperationView => {
      const method = lowerMethod.toUpperCase()
      const [status = '', success] = Object.entries(operation.responses).find(([code]) => code.startsWith('2')) ?? []
      const answer = success?.content?.['application/json'].schema
      const body = bodyOf(operation)
      return {
        operation: operation.operationId,
        tag: operation.tags[0] ?? '',
        method,
        path,
        summary: operation.summary,
        description: operation.description ?? null,
        parameters: operation.parameters.map((parameter) => ({
          name: parameter.name,
          type: describeType(parameter.schema),
          isRequired: parameter.required,
          description: parameter.description ?? null,
        })),
        body: body === null ? [] : toLines(body),
        answer: answer === undefined ? [] : toLines(resolve(answer, api)),
        status,
        errorCodes: Object.entries(operation.responses)
          .filter(([code]) => !code.startsWith('2'))
          .flatMap(([, { description }]) => description.split(', ').map((code) => code.replaceAll('`', ''))),
        curl: writeCurl({ method, path, operation }, baseUrl),
      }
    }),
  )

/** Every word has to be somewhere in the operation's own words. */
export const matchesSearch = (view: OperationView, search: string): boolean => {
  const text = [
    view.method,
    view.path,
    view.summary,
    view.description,
    view.tag,
    view.operation,
    ...view.body.map((line) => line.name),
  ]
    .join(' ')
    .toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}
