/** As much of JSON Schema as the management API's document uses; anything else is an error, so that no type is ever silently `unknown`. */
interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
}

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly parameters: readonly {
    readonly name: string
    readonly in: string
    readonly required: boolean
    readonly schema: Schema
  }[]
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } }
  readonly responses: Readonly<
    Record<string, { readonly content?: { readonly 'application/json': { readonly schema: Schema } } }>
  >
}

export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

const PRIMITIVES: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
}

const quote = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : JSON.stringify(value))
const indent = (text: string): string => text.replaceAll('\n', '\n  ')

const comment = (text: string | undefined): string =>
  text === undefined ? '' : `/** ${text.replaceAll('*/', '* /')} */\n`

const writeObject = (schema: Schema): string => {
  const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const isRequired = schema.required?.includes(name) === true
    return `${comment(field.description)}readonly ${name}${isRequired ? '' : '?'}: ${writeType(field)}${isRequired ? '' : ' | undefined'}`
  })
  if (fields.length > 0) return `{\n  ${indent(fields.join('\n'))}\n}`
  const { additionalProperties } = schema
  if (typeof additionalProperties === 'object') return `Readonly<Record<string, ${writeType(additionalProperties)}>>`
  return 'Readonly<Record<string, never>>'
}

const writeOne = (type: string, schema: Schema): string => {
  if (type === 'array') return `readonly (${writeType(schema.items ?? {})})[]`
  if (type === 'object') return writeObject(schema)
  const primitive = PRIMITIVES[type]
  if (primitive === undefined) throw new TypeError(`No TypeScript for the type ${type}`)
  return primitive
}

/** @throws TypeError for a schema that says something this cannot express */
const writeType = (schema: Schema): string => {
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)
  if (schema.const !== undefined) return quote(schema.const)
  if (schema.enum !== undefined) return schema.enum.map(quote).join(' | ')
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return choices.map(writeType).join(' | ')
  if (schema.type === undefined) {
    if (Object.keys(schema).every((keyword) => keyword === 'description')) return 'unknown'
    throw new TypeError(`No TypeScript for ${JSON.stringify(schema)}`)
  }
  return [schema.type]
    .flat()
    .map((type) => writeOne(type, schema))
    .join(' | ')
}

const writeAsk = (operation: Operation): string => {
  const part = (place: string): string | null => {
    const parameters = operation.parameters.filter((parameter) => parameter.in === place)
    if (parameters.length === 0) return null
    const required = parameters.filter((parameter) => parameter.required).map(({ name }) => name)
    const properties = Object.fromEntries(parameters.map(({ name, schema }) => [name, schema]))
    const name = place === 'path' ? 'params' : 'query'
    return `readonly ${name}${required.length === 0 ? '?' : ''}: ${writeObject({ properties, required })}`
  }
  const body = operation.requestBody?.content['application/json'].schema
  const fields = [
    part('path'),
    part('query'),
    body === undefined ? null : `readonly body: ${writeType(body)}`,
    operation.parameters.some((parameter) => parameter.name === 'Idempotency-Key')
      ? 'readonly idempotencyKey?: string'
      : null,
  ].filter((field) => field !== null)
  return fields.length === 0 ? 'Readonly<Record<never, never>>' : `{\n  ${indent(fields.join('\n'))}\n}`
}

const writeAnswer = (operation: Operation): string => {
  const success = Object.entries(operation.responses).find(([status]) => status.startsWith('2'))?.[1]
  const schema = success?.content?.['application/json'].schema
  return schema === undefined ? 'undefined' : writeType(schema)
}

/** The TypeScript of `operations.ts`: types of every schema and operation, and the table of methods and paths. */
export const writeOperations = (api: ApiDocument): string => {
  const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
  const schemas = Object.entries(api.components.schemas).map(
    ([name, schema]) => `export type ${name} = ${writeType(schema)}`,
  )
  const types = operations.map(
    ({ operation }) =>
      `${comment(operation.summary)}readonly ${operation.operationId}: {\n  readonly ask: ${indent(writeAsk(operation))}\n  readonly answer: ${indent(writeAnswer(operation))}\n}`,
  )
  const table = operations.map(
    ({ operation, method, path }) => `${operation.operationId}: { method: '${method}', path: '${path}' },`,
  )
  return [
    '// Written by `npm run generate` from openapi.json. Not edited by hand.',
    ...schemas,
    `export interface Operations {\n  ${indent(types.join('\n'))}\n}`,
    `export const OPERATIONS = {\n  ${indent(table.join('\n'))}\n} as const satisfies Record<keyof Operations, { method: string; path: string }>`,
    '',
  ].join('\n\n')
}
