import type { AnswerOf, RequestOf, TaskAnswer, TaskRequest } from '@atpar/core/task-exchange'

/** Formats meet those of their own task only; anything else is a bug of ours. @throws TypeError */
export const requireRequest = <Name extends TaskRequest['task']>(task: Name, request: TaskRequest): RequestOf<Name> => {
  if (isOf(task, request)) return request
  throw new TypeError(`a request of ${request.task} in a format of ${task}`)
}

const isOf = <Name extends TaskRequest['task']>(task: Name, request: TaskRequest): request is RequestOf<Name> =>
  request.task === task

/** Likewise. @throws TypeError */
export const requireAnswer = <Name extends TaskAnswer['task']>(task: Name, answer: TaskAnswer): AnswerOf<Name> => {
  if (isAnswerOf(task, answer)) return answer
  throw new TypeError(`an answer of ${answer.task} in a format of ${task}`)
}

const isAnswerOf = <Name extends TaskAnswer['task']>(task: Name, answer: TaskAnswer): answer is AnswerOf<Name> =>
  answer.task === task
