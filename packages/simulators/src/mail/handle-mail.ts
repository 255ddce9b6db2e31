import type { IncomingMessage, ServerResponse } from 'node:http'

import { sendJson, sendText } from '../service/send.ts'
import { writeMailPage } from './page.ts'
import type { MailSink } from './sink.ts'

/** The mail sink over HTTP. True when the path was one of its own. */
export function handleMail(
  sink: MailSink,
  { path, request, response }: { path: string; request: IncomingMessage; response: ServerResponse },
): boolean {
  switch (`${request.method ?? 'GET'} ${path}`) {
    case 'GET /mail':
      sendText(response, { status: 200, type: 'text/html; charset=utf-8', text: writeMailPage(sink.entries()) })
      return true
    case 'GET /mail.json':
      sendJson(response, JSON.stringify({ mails: sink.entries() }))
      return true
    case 'DELETE /mail':
      sink.clear()
      sendJson(response, '{"ok":true}')
      return true
    default:
      return false
  }
}
