import type { JsonObject } from '@atpar/core/json'
import { spliceJson } from '@atpar/core/json-splice'
import type { TaskRequest } from '@atpar/core/task-exchange'
import type { TaskCaller, TaskProvider } from '@atpar/dialects/task-contract'

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
export const encodeTask = (
  { bytes, json, caller }: AskedTask,
  format: TaskProvider,
  upstreamModel: string,
): EncodedTask => {
  if (format.id === caller.id && format.passThrough !== undefined) {
    const passed = format.passThrough(json, { upstreamModel })
    const body = 'edits' in passed ? spliceJson(bytes, passed.edits) : JSON.stringify(passed.json)
    return { request: null, path: passed.path, body, dropped: [] }
  }
  const request = caller.decodeRequest(json)
  const { path, json: encoded, dropped } = format.encodeRequest(request, { upstreamModel })
  return { request, path, body: JSON.stringify(encoded), dropped }
}
