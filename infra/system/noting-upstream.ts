import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'

export interface NotedCall {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A provider that answers every chat with a few words, writes down every sound, notes what reached it, and can be held back. */
export interface NotingUpstream {
  readonly url: string
  readonly calls: NotedCall[]
  /** Sent with every answer from now on. */
  addHeaders(headers: Readonly<Record<string, string | string[]>>): void
  /** What every answer says from now on, in so many pieces; null = the number of the call. */
  speak(pieces: readonly string[] | null): void
  /** So many of the next calls are noted and answered with 500. */
  fail(times: number): void
  /** Answers wait until the returned function is called. */
  hold(): () => void
  close(): Promise<void>
}

const USAGE = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 }

export const startNotingUpstream = async (): Promise<NotingUpstream> => {
  const calls: NotedCall[] = []
  let extra: Readonly<Record<string, string | string[]>> = {}
  let held: Promise<void> = Promise.resolve()
  let said: readonly string[] | null = null
  let failures = 0

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const body = Buffer.concat(parts)
    calls.push({ path: request.url ?? '', headers: request.headers, body })
    const number = calls.length
    await held
    if (failures > 0) {
      failures -= 1
      response.writeHead(500, { 'content-type': 'application/json' })
      response.end('{"error":{"message":"The server had an error."}}')
      return
    }
    if (request.headers['content-type']?.startsWith('multipart/') === true) {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ text: `heard ${number}`, duration: 10 }))
      return
    }
    const { model, stream } = JSON.parse(body.toString('utf8')) as { readonly model: string; readonly stream?: boolean }
    const pieces = said ?? [`answer ${number}`]
    const base = { id: `chatcmpl-${number}`, created: 1, model }
    response.writeHead(200, { 'content-type': stream === true ? 'text/event-stream' : 'application/json', ...extra })
    if (stream !== true) {
      const message = { role: 'assistant', content: pieces.join('') }
      response.end(
        JSON.stringify({
          ...base,
          object: 'chat.completion',
          choices: [{ index: 0, message, finish_reason: 'stop' }],
          usage: USAGE,
        }),
      )
      return
    }
    const send = (data: unknown): void => {
      response.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
    }
    const chunk = { ...base, object: 'chat.completion.chunk' }
    for (const content of pieces)
      send({ ...chunk, choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }] })
    send({ ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
    send({ ...chunk, choices: [], usage: USAGE })
    send('[DONE]')
    response.end()
  }

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the upstream has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    addHeaders: (headers) => {
      extra = headers
    },
    speak: (pieces) => {
      said = pieces
    },
    fail: (times) => {
      failures = times
    },
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = promise
      return () => {
        held = Promise.resolve()
        resolve()
      }
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
