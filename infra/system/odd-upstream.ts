import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** What the next answers shall be made of; whatever is left out is ordinary. */
export interface OddAnswer {
  /** Usage in the format of the dialect asked; undefined = none is reported. */
  readonly usage?: unknown
  readonly model?: string
  readonly serviceTier?: string
  /** Streams say their usage twice. */
  readonly twice?: boolean
}

export type WireFormat = 'openai' | 'anthropic' | 'gemini'

/** A provider of three wire formats that can be told to report any nonsense. */
export interface OddUpstream {
  readonly url: string
  /** Answers given so far. */
  calls(): number
  say(answer: OddAnswer): void
  close(): Promise<void>
}

const ODD_TEXT = 'The quick brown fox jumps over the lazy dog.'

const readBody = async (request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> => {
  let text = ''
  for await (const part of request) text += String(part)
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
}

const formatOf = (path: string): WireFormat =>
  path.includes('/messages') ? 'anthropic' : path.includes('enerateContent') ? 'gemini' : 'openai'

const wholeAnswer = (format: WireFormat, model: string, answer: OddAnswer): unknown => {
  const tier = answer.serviceTier === undefined ? {} : { service_tier: answer.serviceTier }
  switch (format) {
    case 'openai':
      return {
        id: 'chatcmpl-1',
        object: 'chat.completion',
        created: 1,
        model,
        choices: [{ index: 0, message: { role: 'assistant', content: ODD_TEXT }, finish_reason: 'stop' }],
        ...(answer.usage === undefined ? {} : { usage: answer.usage }),
        ...tier,
      }
    case 'anthropic':
      return {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model,
        content: [{ type: 'text', text: ODD_TEXT }],
        stop_reason: 'end_turn',
        stop_sequence: null,
        ...(answer.usage === undefined ? {} : { usage: answer.usage }),
      }
    case 'gemini':
      return {
        candidates: [{ content: { role: 'model', parts: [{ text: ODD_TEXT }] }, finishReason: 'STOP', index: 0 }],
        modelVersion: model,
        ...(answer.usage === undefined ? {} : { usageMetadata: answer.usage }),
      }
  }
}

const sse = (name: string | null, data: unknown): string =>
  `${name === null ? '' : `event: ${name}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`

const streamedAnswer = (format: WireFormat, model: string, answer: OddAnswer): string => {
  const times = answer.usage === undefined ? 0 : answer.twice === true ? 2 : 1
  switch (format) {
    case 'openai': {
      const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model }
      return [
        sse(null, {
          ...chunk,
          choices: [{ index: 0, delta: { role: 'assistant', content: ODD_TEXT }, finish_reason: null }],
        }),
        sse(null, { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
        sse(null, { ...chunk, choices: [], usage: answer.usage }).repeat(times),
        sse(null, '[DONE]'),
      ].join('')
    }
    case 'anthropic':
      return [
        sse('message_start', {
          type: 'message_start',
          message: {
            id: 'msg_1',
            type: 'message',
            role: 'assistant',
            model,
            content: [],
            stop_reason: null,
            stop_sequence: null,
          },
        }),
        sse('content_block_start', {
          type: 'content_block_start',
          index: 0,
          content_block: { type: 'text', text: '' },
        }),
        sse('content_block_delta', {
          type: 'content_block_delta',
          index: 0,
          delta: { type: 'text_delta', text: ODD_TEXT },
        }),
        sse('content_block_stop', { type: 'content_block_stop', index: 0 }),
        sse('message_delta', {
          type: 'message_delta',
          delta: { stop_reason: 'end_turn', stop_sequence: null },
          ...(times === 0 ? {} : { usage: answer.usage }),
        }).repeat(Math.max(1, times)),
        sse('message_stop', { type: 'message_stop' }),
      ].join('')
    case 'gemini':
      return (
        sse(null, wholeAnswer('gemini', model, answer)).repeat(1) +
        (times === 2 ? sse(null, { candidates: [], modelVersion: model, usageMetadata: answer.usage }) : '')
      )
  }
}

/** Model names are in the body, but for Google's format. */
const modelOf = (path: string, body: Readonly<Record<string, unknown>>): string =>
  typeof body['model'] === 'string' ? body['model'] : (/models\/([^:]+):/.exec(path)?.[1] ?? '')

export const startOddUpstream = async (): Promise<OddUpstream> => {
  let answer: OddAnswer = {}
  let calls = 0
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? ''
    const body = await readBody(request)
    calls += 1
    const format = formatOf(path)
    const model = answer.model ?? modelOf(path, body)
    const isStream = body['stream'] === true || path.includes('streamGenerateContent')
    response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' })
    response.end(isStream ? streamedAnswer(format, model, answer) : JSON.stringify(wholeAnswer(format, model, answer)))
  }
  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the upstream has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls: () => calls,
    say: (next) => {
      answer = next
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
