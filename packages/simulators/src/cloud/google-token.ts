import type { IncomingMessage, ServerResponse } from 'node:http'

import { Refusal } from '../refusal.ts'
import type { SimulatorContext } from '../service/context.ts'
import { readRequestBody } from '../service/read-request-body.ts'
import { sendJson, sendText } from '../service/send.ts'

export const GOOGLE_TOKEN_PATH = '/google-oauth/token'

const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const MOST_BYTES = 64 * 1024

/** Google's token endpoint: an assertion in, a token out. */
export function handleGoogleToken(
  context: SimulatorContext,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
): void {
  readRequestBody(request, MOST_BYTES, (read) => {
    try {
      const form = new URLSearchParams(read.kind === 'whole' ? read.body.toString() : '')
      if (request.method !== 'POST' || form.get('grant_type') !== GRANT)
        throw new Refusal(400, 'Invalid grant_type', { code: 'unsupported_grant_type' })
      sendJson(response, JSON.stringify(context.accounts.sellToken(form.get('assertion') ?? '')))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      sendText(response, {
        status: error.status,
        type: 'application/json; charset=utf-8',
        text: JSON.stringify({ error: error.detail.code ?? 'invalid_request', error_description: error.message }),
      })
    }
  })
}
