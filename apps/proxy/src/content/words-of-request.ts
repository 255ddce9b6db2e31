import type { JsonObject } from '@atpar/core/json'
import { keepRequest, keepTexts, type KeptWords } from '@atpar/core/kept-content'
import type { TaskRequest } from '@atpar/core/task-exchange'
import type { CallerDialect } from '@atpar/dialects/contract'
import { everyCallerDialect } from '@atpar/dialects/registry'
import type { TaskCallerId } from '@atpar/dialects/task-contract'
import { taskCallers } from '@atpar/dialects/task-registry'

/** What a request in JSON says: a conversation, or texts that are to be embedded, compared or judged. */
export const wordsOfRequest = (dialect: CallerDialect['id'] | TaskCallerId, json: JsonObject): KeptWords =>
  isTaskDialect(dialect)
    ? keepTexts(textsOfTask(taskCallers[dialect].decodeRequest(json)))
    : keepRequest(everyCallerDialect[dialect].decodeRequest(json))

const isTaskDialect = (dialect: CallerDialect['id'] | TaskCallerId): dialect is TaskCallerId => dialect in taskCallers

const textsOfTask = (request: TaskRequest): readonly string[] => {
  switch (request.task) {
    case 'embeddings':
      return request.inputs.flatMap((input) => (input.kind === 'text' ? [input.text] : []))
    case 'rerank':
      return [request.query, ...request.documents]
    case 'moderation':
      return textsOfInput(request.fields['input'])
  }
}

/** A text, several, or parts of which some are texts. */
const textsOfInput = (input: unknown): readonly string[] => {
  if (typeof input === 'string') return [input]
  if (!Array.isArray(input)) return []
  return input.flatMap((each: unknown) => {
    if (typeof each === 'string') return [each]
    return typeof each === 'object' && each !== null && 'text' in each && typeof each.text === 'string'
      ? [each.text]
      : []
  })
}
