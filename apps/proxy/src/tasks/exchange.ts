import { AppError } from '@atpar/core/errors'
import type { TokenBounds } from '@atpar/core/hold-arithmetic'
import type { JsonObject } from '@atpar/core/json'
import type { TaskAnswer } from '@atpar/core/task-exchange'
import type { ReportedUsage, UsageUnits } from '@atpar/core/usage'
import type { TaskCaller, TaskProvider } from '@atpar/dialects/task-contract'
import { pathOfCall } from '@atpar/providers/upstream-call'
import type { TaskCall } from '../call/call-context.ts'
import { credibleTaskUsage } from '../metering/credible-usage.ts'
import { countTokens } from '../metering/estimate.ts'
import type { SentBody } from '../upstream/body-pieces.ts'
import type { Candidate } from '../upstream/candidates.ts'
import type { ProviderTarget } from '../upstream/targets.ts'
import { encodeTask, type EncodedTask } from './encode-task.ts'

/** A request that is no chat, ready to be sent to one target. */
export interface PreparedTask extends Omit<EncodedTask, 'body'> {
  readonly kind: 'task'
  readonly body: SentBody
  readonly call: TaskCall
  readonly format: TaskProvider
  readonly target: ProviderTarget
  /** The provider speaks the caller's own format. */
  readonly passes: boolean
}

/** @throws AppError as `encodeTask` does */
export const prepareTask = (call: TaskCall, { target, upstreamModel }: Candidate): PreparedTask => {
  const format = formatFor(call.dialect, target)
  const encoded = encodeTask({ bytes: call.body, json: call.json, caller: call.dialect }, format, upstreamModel)
  const path = pathOfCall(target, encoded.path, upstreamModel)
  return { ...encoded, kind: 'task', call, format, target, passes: encoded.request === null, path }
}

/** @throws AppError `unsupported_parameter` for a provider that has no format for it: the catalogue's tests keep such offerings out. */
export const formatFor = ({ task }: TaskCaller, { formats, displayName }: ProviderTarget): TaskProvider => {
  const format = formats[task]
  if (format === undefined)
    throw new AppError('unsupported_parameter', { param: 'model', message: `${displayName} does not serve ${task}.` })
  return format
}

export interface ReadTask {
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

export interface EstimatedTask {
  readonly units: UsageUnits
  /** Of its text, to be added as plain input. */
  readonly tokens: number
}

/** A lower bound of what a request came to. */
export const estimateTask = async ({ dialect, json }: TaskCall, format: TaskProvider): Promise<EstimatedTask> => {
  const { units, text } = format.estimate(dialect.decodeRequest(json))
  return { units, tokens: await countTokens(text) }
}
