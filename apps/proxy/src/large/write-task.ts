import { cutJson } from '@atpar/core/json-splice'
import type { TaskCallerId, TaskProviderId } from '@atpar/dialects/task-contract'
import { taskCallers, taskProviders } from '@atpar/dialects/task-registry'
import { encodeTask, passTask } from '../tasks/encode-task.ts'
import { meaningOf, type LargeBody } from './meaning.ts'
import type { LargeEncoded } from './write-chat.ts'

/** How a provider of a task is to be asked. */
export interface TaskWish {
  readonly to: TaskProviderId
  readonly upstreamModel: string
}

export interface LargeEncodedTask extends LargeEncoded {
  /** As the format names it. */
  readonly path: string
  /** The provider speaks the caller's own format. */
  readonly passes: boolean
}

/** The request for a provider. @throws AppError as the same work on a small one does. */
export const writeTask = (
  body: LargeBody & { readonly dialect: TaskCallerId },
  { to, upstreamModel }: TaskWish,
): LargeEncodedTask => {
  const asked = { bytes: body.bytes, json: meaningOf(body), caller: taskCallers[body.dialect] }
  const passed = passTask(asked, taskProviders[to], upstreamModel)
  if (passed !== null) {
    const pieces = 'edits' in passed ? cutJson(body.bytes, passed.edits) : [encodeText(JSON.stringify(passed.json))]
    return { passes: true, path: passed.path, pieces, dropped: [] }
  }
  const { path, body: encoded, dropped } = encodeTask(asked, taskProviders[to], upstreamModel)
  return { passes: false, path, pieces: [encodeText(encoded)], dropped }
}

const encodeText = (text: Uint8Array | string): Uint8Array =>
  typeof text === 'string' ? new TextEncoder().encode(text) : text
