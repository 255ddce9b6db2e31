import type { JsonObject } from '@atpar/core/json'
import { spliceJson } from '@atpar/core/json-splice'
import type { TaskRequest } from '@atpar/core/task-exchange'
import type { TaskCaller, TaskPassThrough, TaskProvider } from '@atpar/dialects/task-contract'

/** A request as its caller sent it. */
export interface AskedTask {
  readonly bytes: Uint8Array
  readonly json: JsonObject
  readonly caller: TaskCaller
}

export interface EncodedTask {
  /** Null where the caller's own bytes are passed on. */
  readonly request: TaskRequest | null
  /** As the format names it. */
  readonly path: string
  readonly body: Uint8Array | string
  /** What the provider's format has no word for. */
  readonly dropped: readonly string[]
}

/** The body for a provider. @throws AppError `unsupported_parameter` when the provider's format cannot say what the caller said. */
export const encodeTask = (asked: AskedTask, format: TaskProvider, upstreamModel: string): EncodedTask => {
  const { bytes, json, caller } = asked
  const passed = passTask(asked, format, upstreamModel)
  if (passed !== null) {
    const body = 'edits' in passed ? spliceJson(bytes, passed.edits, Buffer.allocUnsafe) : JSON.stringify(passed.json)
    return { request: null, path: passed.path, body, dropped: [] }
  }
  const request = caller.decodeRequest(json)
  const { path, json: encoded, dropped } = format.encodeRequest(request, { upstreamModel })
  return { request, path, body: JSON.stringify(encoded), dropped }
}

/** What is changed of a request in the provider's own format; null where it is in another. */
export const passTask = (
  { json, caller }: AskedTask,
  format: TaskProvider,
  upstreamModel: string,
): TaskPassThrough | null =>
  format.id === caller.id && format.passThrough !== undefined ? format.passThrough(json, { upstreamModel }) : null
