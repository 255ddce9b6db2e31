import type { TokenBounds } from '@atpar/core/hold-arithmetic'
import type { ReplyFacts } from '@atpar/dialects/contract'
import type { TaskProvider } from '@atpar/dialects/task-contract'
import { pathOfCall } from '@atpar/providers/upstream-call'
import type { TaskCall } from '../call/call-context.ts'
import { LARGE_BODY_BYTES } from '../http/growing-buffer.ts'
import type { LargeTask } from '../large/jobs.ts'
import type { LargeBodies } from '../large/large-bodies.ts'
import { credibleTaskUsage } from '../metering/credible-usage.ts'
import { countTokens } from '../metering/estimate.ts'
import type { Candidate } from '../upstream/candidates.ts'
import { formatFor, type EstimatedTask, type PreparedTask, type ReadTask } from './exchange.ts'

/** Thousands of texts or vectors: what `exchange.ts` does to small bodies, in the threads beside the event loop. */

/** The request for one target. @throws AppError as a small one does */
export const prepareLargeTask = async (
  largeBodies: LargeBodies,
  call: TaskCall,
  { target, upstreamModel }: Candidate,
): Promise<PreparedTask> => {
  const format = formatFor(call.dialect, target)
  const { passes, path, pieces, dropped } = await largeBodies.writeTask(bodyOf(call), { to: format.id, upstreamModel })
  return {
    kind: 'task',
    call,
    format,
    target,
    passes,
    request: null,
    path: pathOfCall(target, path, upstreamModel),
    body: pieces,
    dropped,
  }
}

/** Whether an answer is not for the event loop, whose own request is large or which is itself. */
export const isLargeExchange = ({ call }: PreparedTask, answer: Buffer): boolean =>
  call.large !== null || answer.length > LARGE_BODY_BYTES

interface LargeExchange {
  readonly prepared: PreparedTask
  readonly answer: Buffer
  readonly modelId: string
  readonly worst: TokenBounds
}

/** The answer, where it is put into the caller's format as the bytes of that, without their price. @throws AppError `upstream_malformed` */
export const readLargeAnswer = async (
  largeBodies: LargeBodies,
  { prepared, answer, modelId, worst }: LargeExchange,
): Promise<ReadTask & { readonly bytes: Buffer }> => {
  const { call, format, passes } = prepared
  const facts: ReplyFacts | null = passes
    ? null
    : { generationId: call.requestId, model: modelId, createdAtMs: call.startedAtMs, costUsd: null }
  const { body, usage, servedModel, hasContent } = await largeBodies.readAnswer(bodyOf(call), {
    to: format.id,
    answer,
    facts,
  })
  return {
    call,
    sameDialect: passes,
    decoded: null,
    usage: credibleTaskUsage(usage, worst),
    servedModel,
    hasContent,
    bytes: body === null ? answer : Buffer.from(body.buffer, body.byteOffset, body.length),
  }
}

/** A lower bound of what a large request came to. */
export const estimateLargeTask = async (
  largeBodies: LargeBodies,
  call: TaskCall,
  format: TaskProvider,
): Promise<EstimatedTask> => {
  const { units, head, characters } = await largeBodies.estimate(bodyOf(call), format.id)
  return { units, tokens: await countTokens(head, characters) }
}

const bodyOf = ({ body, dialect, large }: TaskCall): LargeTask => ({
  ...large,
  bytes: large?.bytes ?? body,
  dialect: dialect.id,
})
