import type { AppError } from '@atpar/core/errors'

const HEADERS = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }

export interface AnswerFrame {
  readonly requestId: string
  readonly headers?: Readonly<Record<string, string>>
}

/** `body` as JSON text; null for an answer without one. */
export const sendAnswer = (status: number, body: string | null, { requestId, headers }: AnswerFrame): Response =>
  new Response(body, {
    status,
    headers: {
      ...(body === null ? { 'cache-control': HEADERS['cache-control'] } : HEADERS),
      'x-request-id': requestId,
      ...headers,
    },
  })

/** Acts name fields in the words of the code, callers read those of the wire. */
const toWireName = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const toWireMessage = (message: string, param: string): string =>
  message.startsWith(`${param}: `) ? `${toWireName(param)}${message.slice(param.length)}` : message

export const sendError = (error: AppError, frame: AnswerFrame): Response => {
  const { code, message, param, metadata } = error
  const retryAfter = metadata.retryAfterSeconds
  const body = {
    error: {
      code,
      message: param === null ? message : toWireMessage(message, param),
      param: param === null ? null : toWireName(param),
      request_id: frame.requestId,
    },
  }
  return sendAnswer(error.status, JSON.stringify(body), {
    ...frame,
    headers: {
      ...frame.headers,
      ...(error.status === 401 ? { 'www-authenticate': 'Bearer realm="atpar management"' } : {}),
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    },
  })
}
