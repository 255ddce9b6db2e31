import { OPERATIONS, type Operations } from './operations.ts'

export interface ClientOptions {
  /** Address of the dashboard, without /api/v1. */
  readonly baseUrl: string
  /** `atpar_manage_…` */
  readonly managementKey: string
  readonly fetch?: typeof fetch
}

/** A refusal, in the words of the API. */
export class AtparError extends Error {
  readonly status: number
  /** One of the codes of the error reference; `unknown` when the answer was none of the API's. */
  readonly code: string
  readonly param: string | null
  readonly requestId: string | null

  constructor(status: number, body: ErrorBody) {
    super(body.message)
    this.name = 'AtparError'
    this.status = status
    this.code = body.code
    this.param = body.param
    this.requestId = body.request_id
  }
}

interface ErrorBody {
  readonly code: string
  readonly message: string
  readonly param: string | null
  readonly request_id: string | null
}

type OperationName = keyof Operations

/** Everything a call may carry; what it must carry is in `Operations`. */
interface LooseAsk {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: unknown
  readonly idempotencyKey?: string
}

/** One function per operation, named as in the reference. @throws AtparError */
export type AtparClient = {
  readonly [Name in OperationName]: Record<never, never> extends Operations[Name]['ask']
    ? (ask?: Operations[Name]['ask']) => Promise<Operations[Name]['answer']>
    : (ask: Operations[Name]['ask']) => Promise<Operations[Name]['answer']>
}

const buildUrl = (baseUrl: string, path: string, ask: LooseAsk): URL => {
  const filled = path.replace(/\{(\w+)\}/g, (_match, name: string) => encodeURIComponent(ask.params?.[name] ?? ''))
  const url = new URL(`${baseUrl.replace(/\/$/, '')}/api/v1${filled}`)
  for (const [name, value] of Object.entries(ask.query ?? {}))
    if (value !== undefined) url.searchParams.set(name, String(value))
  return url
}

const readError = async (response: Response): Promise<AtparError> => {
  const text = await response.text()
  try {
    return new AtparError(response.status, (JSON.parse(text) as { readonly error: ErrorBody }).error)
  } catch {
    // A load balancer's page, say: not the API's to explain.
    const message = `The answer was ${response.status} and not in the API's form.`
    return new AtparError(response.status, { code: 'unknown', message, param: null, request_id: null })
  }
}

export const createAtparClient = (options: ClientOptions): AtparClient => {
  const send = options.fetch ?? fetch
  const call = async (name: OperationName, ask: LooseAsk): Promise<unknown> => {
    const { method, path } = OPERATIONS[name]
    const response = await send(buildUrl(options.baseUrl, path, ask), {
      method,
      headers: {
        authorization: `Bearer ${options.managementKey}`,
        ...(ask.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(ask.idempotencyKey === undefined ? {} : { 'idempotency-key': ask.idempotencyKey }),
      },
      ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
    })
    if (!response.ok) throw await readError(response)
    return response.status === 204 ? undefined : response.json()
  }
  const names = Object.keys(OPERATIONS) as OperationName[]
  // The table of operations is generated from the same document as their types.
  const functions: unknown = Object.fromEntries(names.map((name) => [name, (ask: LooseAsk = {}) => call(name, ask)]))
  return functions as AtparClient
}

/** Every item of a list, page after page: `for await (const key of eachItem((cursor) => client.listKeys({ query: { cursor } })))`. */
export async function* eachItem<Item>(
  readPage: (
    cursor: string | undefined,
  ) => Promise<{ readonly data: readonly Item[]; readonly next_cursor: string | null }>,
): AsyncGenerator<Item> {
  let cursor: string | undefined
  do {
    const page = await readPage(cursor)
    yield* page.data
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
}
