import { AppError } from '@atpar/core/errors'
import type { TokenBounds } from '@atpar/core/hold-arithmetic'
import type { JsonObject } from '@atpar/core/json'
import { spliceJson } from '@atpar/core/json-splice'
import type { TaskAnswer, TaskRequest } from '@atpar/core/task-exchange'
import type { ReportedUsage } from '@atpar/core/usage'
import type { TaskCaller, TaskProvider } from '@atpar/dialects/task-contract'
import { pathOfCall } from '@atpar/providers/upstream-call'
import type { TaskCall } from '../call/call-context.ts'
import { credibleTaskUsage } from '../metering/credible-usage.ts'
import type { Candidate } from '../upstream/candidates.ts'
import type { ProviderTarget } from '../upstream/targets.ts'

/** A request that is no chat, ready to be sent to one target. */
export interface PreparedTask {
  readonly kind: 'task'
  readonly call: TaskCall
  readonly format: TaskProvider
  /** Null where the caller's own bytes are passed on. */
  readonly request: TaskRequest | null
  readonly target: ProviderTarget
  readonly path: string
  readonly body: Uint8Array | string
  /** What the provider's format has no word for. */
  readonly dropped: readonly string[]
}

/** @throws AppError `unsupported_parameter` when the provider's format cannot say what the caller said. */
export const prepareTask = (call: TaskCall, { target, upstreamModel }: Candidate): PreparedTask => {
  const format = formatFor(call.dialect, target)
  const prepared = { kind: 'task', call, format, target } as const
  if (format.id === call.dialect.id && format.passThrough !== undefined) {
    const passed = format.passThrough(call.json, { upstreamModel })
    const body = 'edits' in passed ? spliceJson(call.body, passed.edits) : JSON.stringify(passed.json)
    return { ...prepared, request: null, path: pathOfCall(target, passed.path, upstreamModel), body, dropped: [] }
  }
  const request = call.dialect.decodeRequest(call.json)
  const { path, json, dropped } = format.encodeRequest(request, { upstreamModel })
  return { ...prepared, request, path: pathOfCall(target, path, upstreamModel), body: JSON.stringify(json), dropped }
}

/** @throws AppError `unsupported_parameter` for a provider that has no format for it: the catalogue's tests keep such offerings out. */
const formatFor = ({ task }: TaskCaller, { formats, displayName }: ProviderTarget): TaskProvider => {
  const format = formats[task]
  if (format === undefined)
    throw new AppError('unsupported_parameter', { param: 'model', message: `${displayName} does not serve ${task}.` })
  return format
}

interface ReadTask {
  readonly call: TaskCall
  readonly sameDialect: boolean
  readonly decoded: TaskAnswer | null
  readonly usage: ReportedUsage | null
  readonly servedModel: string | null
  readonly hasContent: boolean
}

/** What billing needs of an answer, and the answer itself where it has to be put into the caller's format. @throws AppError `upstream_malformed` */
export const readTaskAnswer = (json: JsonObject, prepared: PreparedTask, worst: TokenBounds): ReadTask => {
  const { call, format, request } = prepared
  const told = format.readOutcome(json)
  return {
    ...told,
    call,
    sameDialect: request === null,
    usage: credibleTaskUsage(told.usage, worst),
    decoded: request === null ? null : format.decodeAnswer(json, request),
  }
}
