import type { ErrorCode } from '@atpar/core/errors'
import type { z } from 'zod'
import type { ActContext, Around, RunnableAct } from '../acts/define-act.ts'
import { noQuery } from './wire.ts'

export type ApiMethod = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
export const TAGS = [
  'Organization',
  'Members',
  'Invitations',
  'Teams',
  'Keys',
  'Budgets',
  'Rate limits',
  'Guardrails',
  'Credentials',
  'Custom endpoints',
  'Routes',
  'Usage',
  'Requests',
  'Invoices',
  'Audit log',
] as const
export type ApiTag = (typeof TAGS)[number]

/** What a caller asked, as text and JSON, before any of it is checked. */
export interface RawAsk {
  readonly params: Readonly<Record<string, string>>
  readonly query: unknown
  readonly body: unknown
}

interface Ask<Query extends z.ZodType, Body extends z.ZodType> {
  readonly params: Readonly<Record<string, string>>
  readonly query: z.output<Query>
  readonly body: z.output<Body>
}

interface RouteDefinition<Query extends z.ZodType, Body extends z.ZodType, Answer extends z.ZodType, Result> {
  readonly method: ApiMethod
  /** Below /api/v1; `{key_id}` is a parameter. */
  readonly path: `/${string}`
  /** Verb and noun, camelCase: the name of the function in the client. */
  readonly operation: string
  readonly tag: ApiTag
  readonly summary: string
  readonly description?: string
  // The act's own input is checked by the act.
  readonly act: RunnableAct<z.ZodType, Result>
  readonly query?: Query
  readonly body?: Body
  readonly status: 200 | 201 | 204
  /** Absent with 204. */
  readonly answer?: Answer
  /** Beyond those every route of its kind may answer with. */
  readonly errors?: readonly ErrorCode[]
  readonly toInput: (ask: Ask<Query, Body>) => unknown
  readonly toAnswer?: (result: Result, ask: Ask<Query, Body>) => z.input<Answer>
}

/** A route as the router, the OpenAPI document and the tests see it: what is particular to its act is behind `call`. */
export interface ApiRoute {
  readonly method: ApiMethod
  readonly path: string
  readonly operation: string
  readonly tag: ApiTag
  readonly summary: string
  readonly description: string | null
  readonly actName: string
  readonly effect: 'read' | 'write'
  readonly params: readonly string[]
  readonly query: z.ZodType
  readonly body: z.ZodType | null
  readonly status: 200 | 201 | 204
  readonly answer: z.ZodType | null
  readonly errors: readonly ErrorCode[]
  /** Runs the act. Null with 204. `keep` sees the answer inside the act's transaction. */
  readonly call: (context: ActContext, ask: RawAsk, claim?: AnswerClaim) => Promise<unknown>
}

/** For a call that may be repeated: takes it before the act and keeps its answer after it, in the act's transaction. */
export interface AnswerClaim {
  readonly take: Around['before']
  readonly keep: (tx: Parameters<Around['after']>[0], answer: unknown) => Promise<void>
}

const PARAMETER = /\{(\w+)\}/g

/** One route of the management API: a path and its words around one act. No rule of the product lives here. */
export const defineRoute = <
  Query extends z.ZodType = typeof noQuery,
  Body extends z.ZodType = z.ZodUndefined,
  Answer extends z.ZodType = z.ZodNull,
  Result = unknown,
>(
  route: RouteDefinition<Query, Body, Answer, Result>,
): ApiRoute => ({
  method: route.method,
  path: route.path,
  operation: route.operation,
  tag: route.tag,
  summary: route.summary,
  description: route.description ?? null,
  actName: route.act.definition.name,
  effect: route.act.definition.effect,
  params: [...route.path.matchAll(PARAMETER)].map((match) => match[1] ?? ''),
  query: route.query ?? noQuery,
  body: route.body ?? null,
  status: route.status,
  answer: route.answer ?? null,
  errors: route.errors ?? [],
  call: async (context, ask, claim) => {
    // The router has put both through these schemas.
    const checked = ask as Ask<Query, Body>
    const show = (result: Result): unknown => route.toAnswer?.(result, checked) ?? null
    const around: Around | undefined = claim && {
      before: claim.take,
      after: (tx, result) => claim.keep(tx, show(result as Result)),
    }
    const result = await route.act(around === undefined ? context : { ...context, around }, route.toInput(checked))
    return show(result)
  },
})
