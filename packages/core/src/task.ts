import { AppError } from './errors.ts'

/** What a model does. Its endpoints, formats and units follow from it. */
export const TASKS = [
  'chat',
  /** Goes on from a text; the older models that hold no conversation. */
  'completion',
  'embeddings',
  'rerank',
  'moderation',
  'image',
  'speech',
  'transcription',
  /** A conversation in sound over one connection. */
  'realtime',
] as const
export type Task = (typeof TASKS)[number]

/** Pictures and sounds: their requests may bring files, their answers may be bytes. */
export const MEDIA_TASKS = ['image', 'speech', 'transcription'] as const
export type MediaTask = (typeof MEDIA_TASKS)[number]

/** Those that are JSON on both sides and neither a conversation nor one's older form: they have formats and a neutral model of their own. */
export type OtherTask = Exclude<Task, 'chat' | 'completion' | 'realtime' | MediaTask>

export const isMediaTask = (task: Task): task is MediaTask => MEDIA_TASKS.some((each) => each === task)

const ENDPOINT_OF: Readonly<Record<Task, string>> = {
  chat: 'POST /v1/chat/completions',
  completion: 'POST /v1/completions',
  embeddings: 'POST /v1/embeddings',
  rerank: 'POST /v1/rerank',
  moderation: 'POST /v1/moderations',
  image: 'POST /v1/images/generations',
  speech: 'POST /v1/audio/speech',
  transcription: 'POST /v1/audio/transcriptions',
  realtime: 'GET /v1/realtime (a WebSocket)',
}

/** @throws AppError `wrong_endpoint` naming the one that serves this model. */
export const requireTask = (model: { readonly id: string; readonly task: Task }, accepted: readonly Task[]): void => {
  if (accepted.includes(model.task)) return
  throw new AppError('wrong_endpoint', {
    param: 'model',
    message: `"${model.id}" is not served by this endpoint. Call ${ENDPOINT_OF[model.task]} for it.`,
  })
}
