import type { IncomingMessage, ServerResponse } from 'node:http'

import { z } from 'zod'

import { faultSchema } from '../faults.ts'
import { Refusal } from '../refusal.ts'
import type { SimulatorContext } from './context.ts'
import { parseJson } from './parse-json.ts'
import { readRequestBody } from './read-request-body.ts'
import { sendJson, sendText } from './send.ts'

const MOST_FAULT_BYTES = 65_536

/** Books and faults over HTTP. True when the path was one of theirs. */
export function handleAdmin(
  context: SimulatorContext,
  call: { path: string; query: URLSearchParams; request: IncomingMessage; response: ServerResponse },
): boolean {
  const { books, faults } = context
  const { path, query, request, response } = call
  switch (`${request.method ?? 'GET'} ${path}`) {
    case 'GET /sim/books':
      sendBooks(context, query.get('since'), response)
      return true
    case 'DELETE /sim/books':
      books.clear()
      sendJson(response, '{"ok":true}')
      return true
    case 'GET /sim/faults':
      sendJson(response, JSON.stringify({ faults: faults.list() }))
      return true
    case 'POST /sim/faults':
      addFault(context, request, response)
      return true
    case 'DELETE /sim/faults':
      faults.clear()
      sendJson(response, '{"ok":true}')
      return true
    default:
      return removeFault(context, call)
  }
}

/** `since` is ISO 8601 or milliseconds since 1970. */
function sendBooks({ books }: SimulatorContext, since: string | null, response: ServerResponse): void {
  const time = since === null ? null : new Date(/^\d+$/.test(since) ? Number(since) : since)
  if (time !== null && Number.isNaN(time.getTime())) {
    sendBadRequest(response, 'since: expected ISO 8601 or milliseconds since 1970')
    return
  }
  const entries = books.entries(time === null ? undefined : { since: time })
  sendJson(response, JSON.stringify({ entries, dropped: books.countDropped() }))
}

function addFault({ faults }: SimulatorContext, request: IncomingMessage, response: ServerResponse): void {
  readRequestBody(request, MOST_FAULT_BYTES, (read) => {
    try {
      const parsed = faultSchema.safeParse(read.kind === 'whole' ? parseJson(read.body.toString()) : undefined)
      if (!parsed.success) sendBadRequest(response, z.prettifyError(parsed.error))
      else sendJson(response, JSON.stringify({ id: faults.add(parsed.data) }))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      sendBadRequest(response, error.message)
    }
  })
}

function removeFault(
  { faults }: SimulatorContext,
  call: { path: string; request: IncomingMessage; response: ServerResponse },
): boolean {
  const id = /^\/sim\/faults\/(\d+)$/.exec(call.path)?.[1]
  if (id === undefined || call.request.method !== 'DELETE') return false
  if (faults.remove(Number(id))) sendJson(call.response, '{"ok":true}')
  else
    sendText(call.response, { status: 404, type: 'application/json; charset=utf-8', text: '{"error":"no such fault"}' })
  return true
}

function sendBadRequest(response: ServerResponse, message: string): void {
  sendText(response, { status: 400, type: 'application/json; charset=utf-8', text: JSON.stringify({ error: message }) })
}
